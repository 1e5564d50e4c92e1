# Read by an interactive zsh in place of the person's .zshenv, because ZDOTDIR names the folder of this file. Gives
# ZDOTDIR back at once, so that zsh itself finds all the other start-up files. Nothing here is exported.
@ZDOTDIR@
if [[ -r ${ZDOTDIR-$HOME}/.zshenv ]]; then
  builtin source ${ZDOTDIR-$HOME}/.zshenv
fi

if [[ -o interactive ]]; then
  typeset -g +x __codepilot_nonce=@NONCE@

  # Keeps away the questions that zsh asks of a new user.
  zsh-newuser-install() { :; }

  # Comes after the last start-up file and before the first prompt. Twice, because those files may set either anew.
  precmd() { __codepilot_install; }
  precmd_functions+=(__codepilot_install)

  __codepilot_install() {
    [[ ${functions[precmd]-} != *__codepilot_install* ]] || unfunction precmd
    (( ! ${+functions[zsh-newuser-install]} )) || unfunction zsh-newuser-install
    if (( ${+functions[precmd]} )); then
      # zsh calls it before precmd_functions, and the end of the command must be told first.
      functions[__codepilot_their_precmd]=$functions[precmd]
      unfunction precmd
      precmd_functions=(__codepilot_their_precmd $precmd_functions)
    fi
    precmd_functions=(__codepilot_done ${precmd_functions:#__codepilot_install})
    preexec_functions+=(__codepilot_begin)
    zshaddhistory_functions+=(__codepilot_forget)
    unfunction __codepilot_install
    __codepilot_done
  }

  __codepilot_escape() {
    REPLY=${1//\\/\\\\}
    REPLY=${REPLY//;/\\x3b}
    REPLY=${REPLY//$'\n'/\\x0a}
    REPLY=${REPLY//$'\a'/\\x07}
    REPLY=${REPLY//$'\e'/\\x1b}
  }

  # The line that gives a command of the agent begins with this. The variables that the agent's commands have are set,
  # and their `exit` ends the shell at once; `__codepilot_put_back` gives the person back what is theirs.
  typeset -gA __codepilot_theirs
  __codepilot_agent() {
    set -- $? $options[errexit] $options[checkjobs]
    unsetopt check_jobs
    __codepilot_set_variables $3
    # A failing return would end a shell that has `set -e`.
    [[ $2 == on ]] || return $1
  }

  __codepilot_set_variables() {
    emulate -L zsh +x
    local each name kind
    [[ $1 != on ]] || typeset -g __codepilot_jobs=1
    for each in @AGENT@; do
      name=${each%%=*}
      kind=${(Pt)name}
      if (( ${+__codepilot_theirs[$each]} )) || [[ ${__codepilot_chosen-} == *" $name "* || $kind == *readonly* ]]; then
        continue
      elif [[ -z $kind ]]; then
        __codepilot_theirs[$each]="unset $name"
      elif [[ $kind == *export* ]]; then
        __codepilot_theirs[$each]="typeset -gx $name=${(Pqq)name}"
      else
        __codepilot_theirs[$each]="typeset -g +x $name=${(Pqq)name}"
      fi
      export $each
    done
  }

  # A variable that the command itself has set to something else stays as it is, also for the commands to come.
  __codepilot_put_back() {
    emulate -L zsh +x
    local each name
    for each in ${(k)__codepilot_theirs}; do
      name=${each%%=*}
      if [[ ${(P)name-} == "${each#*=}" ]]; then
        eval $__codepilot_theirs[$each]
      else
        typeset -g +x __codepilot_chosen="${__codepilot_chosen-} $name "
      fi
    done
    __codepilot_theirs=()
  }

  # Keeps the line that gives a command of the agent out of the history. A history of its own takes it and is gone at
  # once; a line that is just refused could still be called back until the next one.
  __codepilot_forget() {
    emulate -L zsh +x
    if [[ $1 == ' __codepilot_agent; '* ]]; then
      fc -p
    fi
    return 0
  }

  # Before each prompt, first of all: how the command ended, and where we are.
  __codepilot_done() {
    set -- $?
    if [[ -o prompt_sp ]]; then
      # zsh would write its sign for a last line without an end before the mark, so that is done below.
      unsetopt prompt_sp
      typeset -g +x __codepilot_sign=1
    fi
    if [[ -n ${__codepilot_jobs-} ]]; then
      setopt check_jobs
      unset __codepilot_jobs
    fi
    __codepilot_put_back
    __codepilot_tell $1
  }

  # To /dev/tty, because the shell's own output may have been sent elsewhere with `exec >file`.
  __codepilot_tell() {
    emulate -L zsh +x
    local REPLY
    __codepilot_escape $PWD
    builtin printf '\e]633;D;%s;%s\a\e]633;P;%s;%s\a' $1 $__codepilot_nonce $REPLY $__codepilot_nonce >/dev/tty
    if [[ -n ${__codepilot_sign-} ]]; then
      builtin print -nP -- "${PROMPT_EOL_MARK-%B%S%#%s%b}" >/dev/tty
      builtin printf "%$(( COLUMNS - 1 ))s\r \r" '' >/dev/tty
    fi
    if [[ ${widgets[zle-line-init]-} != user:__codepilot_ready ]]; then
      unset __codepilot_their_init
      if (( ${+widgets[zle-line-init]} )); then
        zle -A zle-line-init __codepilot_next
        typeset -g +x __codepilot_their_init=1
      fi
      zle -N zle-line-init __codepilot_ready
    fi
  }

  # The prompt stands and the line editor reads. Redrawing the prompt does not come here.
  __codepilot_ready() {
    emulate -L zsh +x
    if [[ -n ${__codepilot_their_init-} && -z ${__codepilot_inside-} ]]; then
      local __codepilot_inside=1
      zle __codepilot_next -- "$@"
    fi
    [[ $CONTEXT != start ]] || builtin printf '\e]633;B;%s\a' $__codepilot_nonce >/dev/tty
  }

  # The command begins; the line as it was typed goes with the mark.
  __codepilot_begin() {
    emulate -L zsh +x
    local REPLY
    __codepilot_escape ${${1:-$3}[1,1000]}
    builtin printf '\e]633;E;%s;%s\a\e]633;C;%s\a' $REPLY $__codepilot_nonce $__codepilot_nonce >/dev/tty
  }
fi
