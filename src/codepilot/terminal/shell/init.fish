# Read by an interactive fish after the person's own configuration. Installs OSC 633 marks that carry a nonce, so that a
# program's output cannot pass for one. Nothing here is exported (`-u`).
set -gu __codepilot_nonce @NONCE@

# The line that gives a command of the agent begins with this: sets the variables that the agent's commands have, and
# reads the command. `__codepilot_put_back` gives the person back what is theirs.
function __codepilot_agent
    set -l code $status
    for each in @AGENT@
        set -l name (string split -m 1 = $each)[1]
        if contains $each $__codepilot_theirs; or contains $name $__codepilot_chosen
            continue
        end
        set -ga __codepilot_theirs $each
        set -eg __codepilot_was_$name
        if set -qgx $name
            set -g __codepilot_was_$name -x $$name
        else if set -qg $name
            set -g __codepilot_was_$name -u $$name
        end
        set -gx (string split -m 1 = $each)
    end
    set -g __codepilot_command (builtin string collect <$argv[1])
    return $code
end

# A variable that the command itself has set to something else stays as it is, also for the commands to come.
function __codepilot_put_back
    for each in $__codepilot_theirs
        set -l pair (string split -m 1 = $each)
        set -l name $pair[1]
        set -l was __codepilot_was_$name
        if test "$$name" != $pair[2]
            set -ga __codepilot_chosen $name
        else if set -qg $was
            set -g $$was[1][1] $name $$was[1][2..]
        else
            set -eg $name
        end
    end
    set -eg __codepilot_theirs
    if set -qg __codepilot_history
        set -eg fish_history
        if test (count $__codepilot_history) -gt 0
            set -g fish_history $__codepilot_history
        end
        set -eg __codepilot_history
    end
end

# Pressed before that line, so that it goes into a history that is kept nowhere.
function __codepilot_unseen
    set -g __codepilot_history
    if set -qg fish_history
        set -g __codepilot_history $fish_history
    end
    set -g fish_history ''
end

function __codepilot_escape
    string replace -ra '\\\\' '\\\\\\\\' -- $argv[1] | string replace -a ';' '\\x3b' | string replace -a \a '\\x07' \
        | string replace -a \e '\\x1b' | string join '\\x0a'
end

# The output ends; fish may add its sign for a last line without an end. To /dev/tty, as the output may go elsewhere.
function __codepilot_done --on-event fish_postexec
    builtin printf '\e]633;O;%s\a' $__codepilot_nonce >/dev/tty
end

# Once before each prompt, and so not after `exit`: how the command ended, and where we are.
function __codepilot_tell --on-event fish_prompt
    set -l code $status
    __codepilot_put_back
    builtin printf '\e]633;D;%s;%s\a\e]633;P;%s;%s\a' $code $__codepilot_nonce \
        (__codepilot_escape $PWD) $__codepilot_nonce >/dev/tty
    if not builtin functions fish_prompt | string match -q '*__codepilot_prompt*'
        # The first time, and when the person has chosen another prompt.
        builtin functions -e __codepilot_prompt
        builtin functions -q fish_prompt
        and builtin functions -c fish_prompt __codepilot_prompt
        function fish_prompt
            __codepilot_prompt
            builtin printf '\e]633;B;%s\a' $__codepilot_nonce
        end
    end
end

# Drops a half-typed line, in its order among the keys; then the prompt stands as if new.
function __codepilot_clear
    builtin commandline ''
    if test "$fish_key_bindings" = fish_vi_key_bindings
        set fish_bind_mode insert
    end
    builtin printf '\e]633;K;%s\a\e]633;B;%s\a' $__codepilot_nonce $__codepilot_nonce >/dev/tty
end
for mode in default insert replace replace_one visual
    builtin bind -M $mode \x1d __codepilot_clear
    builtin bind -M $mode \x1c __codepilot_unseen
end
set -e mode

# The command begins; the line as it was typed goes with the mark.
function __codepilot_begin --on-event fish_preexec
    builtin printf '\e]633;E;%s;%s\a\e]633;C;%s\a' (__codepilot_escape (string sub -l 1000 -- $argv[1] | string collect)) \
        $__codepilot_nonce $__codepilot_nonce >/dev/tty
end
