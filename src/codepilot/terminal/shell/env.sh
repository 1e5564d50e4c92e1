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
      unset HISTFILE
      __codepilot_open='\[' __codepilot_close='\]'
    fi
    PS1="$__codepilot_open${__codepilot_escape}D;\$?;\${__codepilot_nonce-}$__codepilot_bell\
${__codepilot_escape}P;\$PWD;\${__codepilot_nonce-}$__codepilot_bell$__codepilot_close${PS1-\$ }\
$__codepilot_open${__codepilot_escape}B;\${__codepilot_nonce-}$__codepilot_bell$__codepilot_close"
    unset __codepilot_escape __codepilot_bell __codepilot_open __codepilot_close
    ;;
esac
