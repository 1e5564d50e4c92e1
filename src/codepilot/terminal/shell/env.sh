# Read by an interactive sh in place of the file that ENV names. A POSIX shell expands parameters in its prompt, and
# that is all it takes to tell the exit code and the folder. The prompt names the nonce's variable and does not hold its
# value: where PS1 is exported, a program or a nested shell gets marks without a nonce, which are none.
@ENV@
if [ -r "${ENV-}" ]; then
  . "$ENV"
fi
case $- in
  *i*)
    __codepilot_nonce=@NONCE@
    __codepilot_escape=$(printf '\033]633;')
    __codepilot_bell=$(printf '\007')
    __codepilot_open= __codepilot_close=
    if [ -n "${BASH_VERSION-}" ]; then
      # sh is bash here, whose line editor must be told what takes no room.
      HISTIGNORE=${HISTIGNORE:+$HISTIGNORE:}' __codepilot_agent;*'
      __codepilot_open='\[' __codepilot_close='\]'
    else
      # Others that have a history take any line into it, ours too.
      unset HISTFILE
    fi
    PS1="$__codepilot_open${__codepilot_escape}D;\$?;\${__codepilot_nonce-}$__codepilot_bell\
${__codepilot_escape}P;\$PWD;\${__codepilot_nonce-}$__codepilot_bell$__codepilot_close${PS1-\$ }\
$__codepilot_open${__codepilot_escape}B;\${__codepilot_nonce-}$__codepilot_bell$__codepilot_close"
    unset __codepilot_escape __codepilot_bell __codepilot_open __codepilot_close

    # The line that gives a command of the agent begins with this: sets the variables that the agent's commands have.
    # The line ends with `__codepilot_back`, which puts back what the person has. An interrupt drops the end of a line,
    # and there is no hook before a prompt, so a trap does it then.
    __codepilot_agent() {
      { __codepilot_code=$? __codepilot_keep=$-; set +xveua; } 2>/dev/null
      for __codepilot_each in @AGENT@; do
        __codepilot_name=${__codepilot_each%%=*}
        case " ${__codepilot_theirs-} ${__codepilot_chosen-} " in
          *" $__codepilot_each "* | *" $__codepilot_name "*) continue ;;
        esac
        eval "__codepilot_had_$__codepilot_name=\${$__codepilot_name+x}"
        eval "__codepilot_was_$__codepilot_name=\${$__codepilot_name-}"
        __codepilot_theirs="${__codepilot_theirs-} $__codepilot_each"
        export "$__codepilot_each"
      done
      trap '__codepilot_back; kill -INT $$' INT
      __codepilot_return
    }

    # A variable that the command itself has set to something else stays as it is, also for the commands to come.
    __codepilot_back() {
      { __codepilot_code=$? __codepilot_keep=$-; set +xveua; } 2>/dev/null
      for __codepilot_each in @AGENT@; do
        __codepilot_name=${__codepilot_each%%=*}
        case " ${__codepilot_theirs-} " in *" $__codepilot_each "*) ;; *) continue ;; esac
        eval "__codepilot_now=\${$__codepilot_name-}"
        if [ "$__codepilot_now" != "${__codepilot_each#*=}" ]; then
          __codepilot_chosen="${__codepilot_chosen-} $__codepilot_name"
          continue
        fi
        unset "$__codepilot_name"
        eval "[ -z \"\$__codepilot_had_$__codepilot_name\" ] ||
          export $__codepilot_name=\"\$__codepilot_was_$__codepilot_name\""
      done
      __codepilot_theirs=
      trap - INT
      __codepilot_return
    }

    # With the options and the exit code of before; a failing return would end a shell that has `set -e`.
    __codepilot_return() {
      case $__codepilot_keep in *a*) set -a ;; esac
      case $__codepilot_keep in *u*) set -u ;; esac
      case $__codepilot_keep in *v*) set -v ;; esac
      case $__codepilot_keep in *e*) set -e && __codepilot_code=0 ;; esac
      case $__codepilot_keep in *x*) set -x ;; esac
      { return "$__codepilot_code"; } 2>/dev/null
    }
    ;;
esac
