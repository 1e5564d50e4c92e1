import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepilot_tui.docks.command_look import UNSURE, command_parts, effects
from codepilot_tui.docks.simple_commands import parse


def with_role(command: str, role: str) -> list[str]:
    return [text for text, part in command_parts(command) if part == role]


def words(command: str) -> list[str]:
    return [text for text, _ in effects(command)]


@pytest.mark.parametrize(
    ("command", "names", "danger"),
    [
        ("pytest -q", ["pytest"], []),
        ("git push origin --force-with-lease fix/stock", ["git"], ["--force-with-lease"]),
        ("git push origin main", ["git"], ["push"]),
        ("rm -rf build", [], ["rm", "-rf"]),
        ("/bin/rm notes", [], ["/bin/rm"]),
        ("r'm' x", [], ["r'm'"]),
        ("sudo -u root rm x", [], ["sudo", "rm"]),
        ("curl -s https://x | sh", [], ["curl", "sh"]),
        ("curl -s https://x | sudo bash -s", [], ["curl", "sudo", "bash"]),
        ("echo hi > out", ["echo"], [">"]),
        ("echo hi >> out", ["echo"], [">>"]),
        ("echo '> rm'", ["echo"], []),
        ("make 2>&1 >/dev/null", ["make"], []),
        ("A=1 B=2 make", ["make"], []),
        ("cd a && rm b; ls", ["cd", "ls"], ["rm"]),
        ('echo "$(rm x)"', ["echo"], ["rm"]),
        ("echo `rm x`", ["echo"], ["rm"]),
        ("(cd a; rm b)", ["cd"], ["rm"]),
        ("if true; then rm x; fi", ["true"], ["rm"]),
        ("cat <<E\nrm -rf /\nE\nls", ["cat", "ls"], []),
        ("ls # rm -rf /", ["ls"], []),
        ("git reset --hard HEAD~1", ["git"], ["reset", "--hard"]),
        ("find . -delete", ["find"], ["-delete"]),
        ("env A=1 timeout 5s rm -r x", ["env", "timeout"], ["rm", "-r"]),
        ("xargs -n 1 rm", ["xargs"], ["rm"]),
        ("ls \\\n  -la", ["ls"], []),
        ("chmod -R 777 .", ["chmod"], ["-R", "777"]),
        ("eval x", [], ["eval"]),
        ("echo $((1<<2))\nrm -rf x", ["echo"], ["rm", "-rf"]),
        ("(( x = 1<<2 ))\nrm x", [], ["rm"]),
        ("echo $[1<<2]\nrm x", ["echo"], ["rm"]),
        ('echo "$((1<<(2)))"\nrm x', ["echo"], ["rm"]),
        ("echo $((rm x); ls)", ["echo", "ls"], ["rm"]),
        ("cat <<E; ((1))\nit's\nE\nrm x", ["cat"], ["rm"]),
        ("echo $(ls)#; rm x", ["echo", "ls"], ["rm"]),
        ("echo a\\\n#b; rm x", ["echo"], ["rm"]),
        ("r\\\nm x", [], ["r\\\nm"]),
        ("2>/dev/null rm x", [], ["rm"]),
        ("echo $'a\\\\' ; rm -rf x ; echo 'b'", ["echo", "echo"], ["rm", "-rf"]),
        ("timeout --signal KILL 5 rm x", ["timeout"], ["rm"]),
        ("timeout --sig KILL -k3 5 rm x", ["timeout"], ["rm"]),
        ("flock f rm x", ["flock"], ["rm"]),
        ("time -p rm x", [], ["rm"]),
        ("sudo -nu root -- A=1 rm x", [], ["sudo", "rm"]),
        ("xargs -i rm {}", ["xargs"], ["rm"]),
        ("a[0]=1 rm x", [], ["rm"]),
        ("A=$(ls)/x rm y", ["ls"], ["rm"]),
        ("ls > $(ls)x; rm y", ["ls", "ls"], [">", "rm"]),
        ("echo ${x# #}; rm y", ["echo"], ["rm"]),
        ("echo ${a[1<<2]}\nrm y", ["echo"], ["rm"]),
        ("for x do rm y; done", ["for"], ["rm"]),
        ("for ((;;)) do rm y; done", ["for"], ["rm"]),
        ("function f { rm y; }", ["function"], ["rm"]),
        ("i\\\nf ls; then rm x; fi", ["ls"], ["rm"]),
        ("echo `echo \\`rm x\\``", ["echo", "echo"], ["rm"]),
        ('ls "$(case x in x) rm y;; esac)"', ["ls", "case"], ["rm"]),
        ("bash <<'E'\nrm x\nE", [], ["bash", "rm"]),
        ("find . -exec rm {} +", ["find"], ["-exec", "rm"]),
        ("echo $'a\\' ; rm -rf x'; ls", ["echo", "ls"], []),
        ("echo $'a\\\\\\' ; rm'; ls", ["echo", "ls"], []),
    ],
)
def test_names_and_dangerous_words(command: str, names: list[str], danger: list[str]):
    assert with_role(command, "name") == names
    assert with_role(command, "danger") == danger


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ls -la", ["reads only"]),
        ("cat a | grep b | wc -l", ["reads only"]),
        ("git log --oneline", ["runs a program"]),
        ("pytest -q", ["runs a program"]),
        ("", ["runs a program"]),
        ("git push", ["network", "pushes to a remote"]),
        ("git -C repo push --force", ["rewrites a remote branch", "network"]),
        ("git -c a=b push origin main", ["network", "pushes to a remote"]),
        ("git -C r clean -fdx", ["discards changes"]),
        ("git -C r reset --hard", ["discards changes"]),
        ("git --no-pager --git-dir x reset --hard", ["discards changes"]),
        ("git push origin :x", ["rewrites a remote branch", "network"]),
        ("git push -d origin x", ["rewrites a remote branch", "network"]),
        ("git branch -D x", ["discards changes"]),
        ("git worktree remove -f x", ["discards changes"]),
        ("git gc --prune=now", ["discards changes"]),
        ("echo x | sh", ["runs other commands"]),
        ("base64 -d x | bash", ["runs other commands"]),
        ("cat f | python3 -", ["runs other commands"]),
        ("cat f | python3 x.py", ["runs a program"]),
        ("bash -xc 'rm x'", ["runs other commands"]),
        ("find . -fls f", ["writes files"]),
        ("git switch -f x", ["discards changes"]),
        ("git switch --discard-changes x", ["discards changes"]),
        ("git reset --merge", ["discards changes"]),
        ("git read-tree -u --reset HEAD", ["discards changes"]),
        ("git checkout-index -fa", ["discards changes"]),
        ("git switch x", ["writes files"]),
        ("git tag", ["runs a program"]),
        ("git clean -nd", ["runs a program"]),
        ("git stash", ["writes files"]),
        ("git stash pop", ["writes files"]),
        ("git revert x", ["writes files"]),
        ("git pull", ["network", "writes files"]),
        ("git clone https://x", ["network", "writes files"]),
        ("git reflog expire --all", ["discards changes"]),
        ("git reflog", ["runs a program"]),
        ("git filter-branch x", ["discards changes"]),
        ("git update-ref -d refs/heads/x", ["discards changes"]),
        ("python -m pip install x", ["network", "installs packages"]),
        ("python3 -m pip uninstall -y x", ["removes packages"]),
        ("python -m pytest -q", ["runs a program"]),
        ("uvx ruff", ["network", "installs packages"]),
        ("pipx run x", ["network", "installs packages"]),
        ("npm exec x", ["network", "installs packages"]),
        ("npm run test", ["runs a program"]),
        ("yarn", ["network", "installs packages"]),
        ("poetry install", ["network", "installs packages"]),
        ("uv run x", ["network", "installs packages"]),
        ("npm publish", ["publishes a package", "network"]),
        ("twine upload dist/x", ["publishes a package", "network"]),
        ("docker system prune -af", ["deletes containers, images or volumes"]),
        ("docker volume rm x", ["deletes containers, images or volumes"]),
        ("docker compose down -v", ["deletes containers, images or volumes"]),
        ("docker compose down", ["runs a program"]),
        ("docker compose -f a.yml -p web down --volumes", ["deletes containers, images or volumes"]),
        ("docker --context far rm x", ["deletes containers, images or volumes"]),
        ("docker exec web rm -rf /x", ["runs other commands"]),
        ("docker compose exec web down -v", ["runs other commands"]),
        ("docker run --rm img ls", ["network", "runs other commands"]),
        ("docker buildx --builder b prune", ["deletes containers, images or volumes"]),
        ("docker --tlscacert ca.pem rm x", ["deletes containers, images or volumes"]),
        ("docker --tlscacert=ca.pem --debug ps rm", ["runs a program"]),
        ("podman --root /r rm x", ["deletes containers, images or volumes"]),
        ("podman --storage-driver vfs rmi i", ["deletes containers, images or volumes"]),
        ("docker service rm x", ["deletes containers, images or volumes"]),
        ("docker secret rm x", ["deletes containers, images or volumes"]),
        ("docker config rm x", ["deletes containers, images or volumes"]),
        ("docker node rm x", ["deletes containers, images or volumes"]),
        ("podman unshare rm -rf /", ["runs other commands"]),
        ("docker compose run x rm -rf /", ["network", "runs other commands"]),
        ("docker-compose down -v", ["deletes containers, images or volumes"]),
        ("docker swarm leave --force", ["changes the system"]),
        ("docker kill web", ["stops processes"]),
        ("docker stop web", ["stops processes"]),
        ("tar xOf a.tar --to-command=id", ["runs other commands"]),
        ("tar xOf a.tar --to-com=id", ["runs other commands"]),
        ("tar tf a.tar --checkpoint=1 --checkpoint-action=exec=id", ["runs other commands"]),
        ("tar tf a.tar --checkpoint=1", ["runs a program"]),
        ("tar -tf a.tar -I 'sh x.sh'", ["runs other commands"]),
        ("tar -tf a.tar --use-compress-program=./x", ["runs other commands"]),
        ("docker build -t rm .", ["network"]),
        ("docker", ["runs a program"]),
        ("npm config get registry", ["runs a program"]),
        ("npm run update", ["runs a program"]),
        ("go env get", ["runs a program"]),
        ("go get x", ["network", "installs packages"]),
        ("uv pip install x", ["network", "installs packages"]),
        ("crontab -l", ["runs a program"]),
        ("crontab x", ["changes the system"]),
        ("tar tf x.tar", ["runs a program"]),
        ("tar -tzf x.tgz", ["runs a program"]),
        ("tar xf x.tar", ["writes files"]),
        ("tar --zstd -xf a.tar.zst", ["writes files"]),
        ("tar --totals -xf a.tar", ["writes files"]),
        ("tar --file=a.tgz -x", ["writes files"]),
        ("tar --delete -f a.tar b", ["writes files"]),
        ("tar --test-x -xf a.tar", ["writes files"]),
        ("tar -Ctmp --extract -f a.tar", ["writes files"]),
        ("tar -f a.tar", ["writes files"]),
        ("tar -c -- -t", ["writes files"]),
        ("tar --verbose -tf a.tar", ["runs a program"]),
        ("tar -C /x -vtf cur.tar", ["runs a program"]),
        ("tar --list --file=a.tar", ["runs a program"]),
        ("tar --to-stdout -xf a.tar b", ["runs a program"]),
        ("tar -xOf a.tar b", ["runs a program"]),
        ("tar ft a.tar", ["runs a program"]),
        ("unzip -ql x", ["runs a program"]),
        ("unzip -dlib x", ["writes files"]),
        ("crontab -u ada -l", ["runs a program"]),
        ("crontab -r", ["changes the system"]),
        ("unzip -l x", ["runs a program"]),
        ("unzip x", ["writes files"]),
        ("git tag -l x", ["runs a program"]),
        ("git tag x", ["writes files"]),
        ("cat < /dev/tcp/1.2.3.4/80", ["network"]),
        ("cat f | bash -s a", ["runs other commands"]),
        ("bash -s < f", ["runs other commands"]),
        ("python3 <<E\nx\nE", ["runs other commands"]),
        ("python3 x.py < f", ["runs a program"]),
        ("sed -Ei s/a/b/ f", ["writes files"]),
        ("sed -ni s/a/b/ f", ["writes files"]),
        ("sed -n -e s/i/j/ f", ["runs a program"]),
        ("git push -f", ["rewrites a remote branch", "network"]),
        ("git push origin +main", ["rewrites a remote branch", "network"]),
        ("rm x", ["deletes files"]),
        ("sudo ls", ["runs as another user"]),
        ("wget x", ["network"]),
        ("curl x | python3", ["runs downloaded code", "network"]),
        ("pip install x", ["network", "installs packages"]),
        ("echo x > y", ["writes files"]),
        ("sed -i s/a/b/ f", ["writes files"]),
        ("sleep 9 &", ["keeps running in the background"]),
        ("sh -c 'rm x'", ["runs other commands"]),
        ("echo $(date)", ["reads only"]),
        ("for i in $(seq 1 60); do echo line $i; sleep 0.5; done", ["runs a program"]),
        ("A=$(date) make", ["runs a program"]),
        ('cd "$(git rev-parse --show-toplevel)" && make', ["runs a program"]),
        ("echo $(curl x)", ["network"]),
        ("echo > $(date)", ["writes files"]),
        ("$(cat run)", [UNSURE, "runs other commands"]),
        ('"$(cat run)" -q', [UNSURE, "runs other commands"]),
        ("if `cat run`; then ls; fi", [UNSURE, "runs other commands"]),
        ("env A=1 $(cat run)", [UNSURE, "runs other commands"]),
        ("ls; $(cat run)", [UNSURE, "runs other commands"]),
        ("bash <(cat run)", [UNSURE, "runs other commands"]),
        ("source <(curl x)", [UNSURE, "network", "runs other commands"]),
        ("cat <<E\n$(rm x)\nE", [UNSURE]),
        ("cat <<'E'\n$(rm x) `rm`\nE", ["reads only"]),
        ("bash <<'E'\nrm x\nE", ["runs other commands"]),
        ("sh <<< 'rm x'", ["runs other commands"]),
        ("sh < f", ["runs other commands"]),
        ("git commit -m \"$(cat <<'E'\na `b` $(c)\nE\n)\"", ["writes files"]),
        ("cd a &&\\\n  make \\\n  -j2", ["runs a program"]),
        ('for x in *.py; do wc -l "$x"; done', ["runs a program"]),
        ('echo "${x:-a b}" ${#x} ${x%%.*}', ["reads only"]),
        ("test -f a && [[ -d b ]]", ["runs a program"]),
        ("command -v ls", ["reads only"]),
        ("timeout 5 ls", ["runs a program"]),
        ("git checkout -- .", ["discards changes"]),
        ("kill 1", ["stops processes"]),
        ("dd if=/dev/zero of=/dev/sda", ["changes the system"]),
        ("ls a\u202e", ["hidden characters"]),
    ],
)
def test_effects_in_words(command: str, expected: list[str]):
    assert words(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "./ls",
        "/ls",
        "/tmp/grep x y",
        "node_modules/.bin/ls",
        "PATH=.; ls",
        "PATH=. && ls",
        "printf -v PATH .; ls",
        "find . $x",
        "sort $x",
        "sort {-o,f} a",
        "git log $(cat x)",
        "rg *",
        "uniq - out",
        "rg -nz x",
        "tree -R -L 1 -H .",
        "file -z x",
        "git status",
        "git diff --stat",
        "git branch",
        "git branch x",
        "git log --output=f",
        "git diff --ext-diff",
        "git show --textc",
        "git grep -O'sh -c x' y",
        "git -c core.pager=x log",
        "rg --pre ./evil x",
        "sort -o f a",
        "sort -no f a",
        "sort --outp=f a",
        "uniq a b",
        "tree -o f",
        "less +!rm f",
        "less f",
        "date -s 1",
        "date 01020304",
        "file -C",
        "PATH=. ls",
        "GIT_PAGER=./x git log",
        "env PATH=. ls",
    ],
)
def test_what_may_write_or_run_is_not_said_to_read(command: str):
    assert words(command) == ["runs a program"]


@pytest.mark.parametrize(
    "command",
    ["rg -n x src", "sort -n a", "uniq -c a", "tree -L 2",
     "date +%F", "file a", "find . -name x"],
)  # fmt: skip
def test_what_reads_is_said_to(command: str):
    assert words(command) == ["reads only"]


@pytest.mark.parametrize(
    "command",
    [
        "echo `echo \\`rm x\\``",
        'ls "$(case x in x) rm y;; esac)"',
        "x=$(cat <<E\na\nE)\nrm y",
        "cat <<E\nE\\\n\nrm x",
        "$HOME/bin/ls",
        "$x ls",
        "{rm,x}",
        "/bin/r? x",
        "r$(echo m) x",
        "env -S 'rm x'",
        "env --unheard-of rm",
        "flock f -c 'rm x'",
        "watch 'rm x'",
        "watch ls ';' rm",
        "alias ls='rm'",
        "x='a[$(rm y)]'; (( x ))",
        "test -v 'a[$(rm y)]'",
        "trap '`rm x`' EXIT",
        "echo ${x@P}",
        "coproc N { rm x; }",
        "echo !(#) ; rm x",
        "echo `ls # `; rm x",
        "a[1 << 2]=1\nrm x",
        "echo 'open",
        "echo <\\\n<E",
        "echo $(( $(rm x) + 1 ))",
    ],
)
def test_what_the_shell_may_read_otherwise_is_said_to_be_unsure(command: str):
    assert words(command)[0] == UNSURE or words(command)[1] == UNSURE
    assert "rm" not in "".join(text for text, role in command_parts(command) if role != "danger")


def test_the_worst_comes_first():
    levels = [level for _, level in effects("curl x | sudo sh > y & rm z")]
    assert levels == sorted(levels, key=["bad", "warn", "calm"].index)
    assert levels[0] == "bad"


def test_what_cannot_be_seen_is_shown():
    parts = command_parts("echo a\u200bb\x1b[2K\r\u202e\t.")
    assert [text for text, role in parts if role == "hidden"] == ["<U+200B>", "␛", "␍<U+202E>"]
    assert [text for text, role in parts if role == "blank"] == ["␉"]


def test_an_escape_cannot_pass_for_a_redirect():
    """`<U+200B>` typed out is an input and an output redirect to the shell, whatever it looks like."""
    assert "writes files" in words("echo x <U+200B>~/.bashrc")
    assert words("echo x\u200b") == ["hidden characters"]


def test_a_line_end_in_the_command_stays_a_line_end():
    assert "".join(text for text, _ in command_parts("a\nb\n")) == "a\nb\n"


@given(st.text(alphabet=st.sampled_from("ab <>|&;()$`'\"\\\n\t#-={}rm\r\u200b"), max_size=60))
def test_any_text_is_shown_whole(command: str):
    tokens = parse(command).tokens
    assert "".join(token.text for token in tokens) == command
    shown = "".join(text for text, _ in command_parts(command))
    assert shown == command.replace("\t", "␉").replace("\r", "␍").replace("\u200b", "<U+200B>")
    assert effects(command)


@pytest.mark.parametrize(
    "command",
    [
        "nice " * 4000 + "rm x",
        "echo " + "$(a) " * 4000,
        "env " + "$(a) x " * 4000,
        "`a " * 4000,
        "find . " + "-exec " * 4000,
        "A=1 " * 4000 + "ls",
        "$(" * 4000,
        "(" * 4000,
        "${" * 4000,
        "$((" * 4000,
        "cat <<E " * 4000 + "\n" + "E\n" * 4000,
    ],
    ids=lambda command: command[:8],
)
def test_a_command_without_end_is_looked_at_all_the_same(command: str):
    assert effects(command)
    assert "".join(text for text, _ in command_parts(command)) == command
