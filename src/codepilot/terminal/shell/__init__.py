"""How each shell is started, marked and given commands: bash, zsh, fish, and the plain POSIX ones."""
