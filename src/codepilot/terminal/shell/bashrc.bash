# Read by an interactive bash in place of ~/.bashrc. Installs OSC 633 marks that carry a nonce, so that a program's
# output cannot pass for one. Nothing here is exported.
if [[ -r ~/.bashrc ]]; then
  . ~/.bashrc
fi

: "${PROMPT_DIRTRIM:=1}"  # a pane is narrow

# The prompts name the variable and do not hold its value: where the person exports PS1, a program or a nested shell
# gets marks without a nonce, which are none. `export -n`, because of `set -a`.
__codepilot_nonce=@NONCE@
builtin export -n __codepilot_nonce
__codepilot_value='${__codepilot_nonce-}'
builtin shopt -q promptvars || __codepilot_value=$__codepilot_nonce
__codepilot_ps0="\\e]633;C;$__codepilot_value\\a"
__codepilot_open="\\[\\e]633;A;\$?;$__codepilot_value\\a\\]"
__codepilot_close="\\[\\e]633;B;$__codepilot_value\\a\\]"

# The line that gives a command of the agent begins with this, and HISTIGNORE keeps that line out of the history. The
# variables that the agent's commands have are set; `__codepilot_done` puts back what the person has.
declare -A __codepilot_theirs=()
__codepilot_agent() {
  { builtin local __codepilot_status=$? __codepilot_keep=$-; builtin local -; builtin set +xveua; } 2>/dev/null
  [[ -t 2 ]] || builtin printf '\e]633;C;%s\a' "$__codepilot_nonce" >/dev/tty
  builtin local each name
  for each in @AGENT@; do
    name=${each%%=*}
    if [[ ! -v __codepilot_theirs[$each] && ${__codepilot_chosen-} != *" $name "* && ${!name@a} != *r* ]]; then
      __codepilot_theirs[$each]=${!name@A}
      builtin export "$each"
    fi
  done
  # A failing return would end a shell that has `set -e`.
  [[ $__codepilot_keep == *e* ]] || builtin return "$__codepilot_status"
}

# A variable that the command itself has set to something else stays as it is, also for the commands to come.
__codepilot_put_back() {
  builtin local each name
  for each in "${!__codepilot_theirs[@]}"; do
    name=${each%%=*}
    if [[ ${!name-} == "${each#*=}" ]]; then
      builtin unset -v "$name"
      builtin eval "${__codepilot_theirs[$each]/#declare /declare -g }"
    else
      __codepilot_chosen+=" $name "
    fi
  done
  __codepilot_theirs=()
}

# First of the prompt commands: says how the command ended, and where we are. /dev/tty, because the shell's own output
# may have been sent elsewhere with `exec >file`.
__codepilot_done() {
  { builtin local __codepilot_status=$? __codepilot_keep=$-; builtin local -; builtin set +xveua; } 2>/dev/null
  __codepilot_put_back
  builtin local cwd="$PWD"
  cwd=${cwd//\\/\\\\}
  cwd=${cwd//;/\\x3b}
  cwd=${cwd//$'\n'/\\x0a}
  cwd=${cwd//$'\a'/\\x07}
  cwd=${cwd//$'\e'/\\x1b}
  builtin printf '\e]633;D;%s;%s\a\e]633;P;%s;%s\a' \
    "$__codepilot_status" "$__codepilot_nonce" "$cwd" "$__codepilot_nonce" >/dev/tty
  [[ $__codepilot_keep == *e* ]] || builtin return "$__codepilot_status"
}

# Last of them: another prompt command may have written PS1 anew.
__codepilot_prompt() {
  { builtin local -; builtin set +xveua; } 2>/dev/null
  [[ ${HISTIGNORE-} == *__codepilot_agent* ]] || HISTIGNORE=${HISTIGNORE:+$HISTIGNORE:}' __codepilot_agent;*'
  [[ $PS1 == *"$__codepilot_open"* ]] || PS1=$__codepilot_open$PS1
  [[ $PS1 == *"$__codepilot_close"* ]] || PS1=$PS1$__codepilot_close
  [[ $PS0 == "$__codepilot_ps0"* ]] || PS0=$__codepilot_ps0$PS0
  # The prompts, PS0 among them, are written to where errors go, which is elsewhere after `exec 2>file`.
  [[ -t 2 ]] || builtin printf '\e]633;A;0;%s\a\e]633;B;%s\a' "$__codepilot_nonce" "$__codepilot_nonce" >/dev/tty
}

# A key of ours has a half-typed line dropped where INT is ignored: no ^C reaches the line editor then.
__codepilot_clear() {
  { builtin local -; builtin set +xveua; } 2>/dev/null
  READLINE_LINE= READLINE_POINT=0
  builtin printf '\e]633;K;%s\a\e]633;B;%s\a' "$__codepilot_nonce" "$__codepilot_nonce" >/dev/tty
}
for __codepilot_map in emacs-standard vi-insert vi-command; do
  builtin bind -m "$__codepilot_map" -x '"\e[633~": __codepilot_clear' 2>/dev/null || builtin :  # without a line editor
done
builtin unset -v __codepilot_map

if (( BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501 )); then
  PROMPT_COMMAND=(__codepilot_done "${PROMPT_COMMAND[@]}" __codepilot_prompt)
else
  PROMPT_COMMAND="__codepilot_done${PROMPT_COMMAND:+;$PROMPT_COMMAND};__codepilot_prompt"
fi
