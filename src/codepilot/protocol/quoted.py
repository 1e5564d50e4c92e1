"""A text that is quoted around a block, at any distance: here-documents, strings, comments, shortcodes, a paste.

Something that opens before the block and is not closed before it, but after it, holds the block; its words need not be
next to it. What stands directly above the block and names where a text comes from needs no end.
"""

from __future__ import annotations

import re
from typing import Final

from codepilot.protocol.names import is_act
from codepilot.protocol.prose import Plain

_TEXT = r"(?P<x>(?=[^-=]*(?:\w\.\w|message|paste|quote|file|text|example|snippet|output|page))[\w ./-]+?)"
"""The name of a text; a banner such as `--- begin test run ---` is none."""
_PAIRS: Final = tuple(
    (re.compile(opening, re.IGNORECASE), closing)
    for opening, closing in (
        (r"<<[-~]?\s?['\"]?(?P<x>\w+)['\"]?(?:\s|\Z|[;|&>)])", r"{x};?\Z"),
        (r"<<<['\"]?(?P<x>\w+)['\"]?\Z", r"{x};?\Z"),
        (r"\A#\+begin_(?P<x>\w+)", r"#\+end_{x}\b"),
        (
            r"\A[-=*#]{2,} ?(?:start|begin)(?: of)? " + _TEXT + r" ?[-=*#]{2,}\Z",
            r"[-=*#]{{2,}} ?end(?: of)? {x}\b",
        ),
        (r"\A(?:\W*)quote:\W*\Z", r"\W*(?:unquote|end (?:of )?quote)\b"),
        (r"\A[-\s]*(?:8<|>8|✂)[-\s8<>]*\Z", r"[-\s]*(?:8<|>8|✂)[-\s8<>]*\Z"),
        (r"\A[(（][^()（）]*\Z", r"[^()（）]*[)）][.。]?\Z"),
        (
            r"\A[*_](?:thinks?|thinking|hmm|ponders|muses|considers|internal)\b[^*_]*[*_]\Z",
            r"[*_][^*_]+[*_]\Z",
        ),
        (r"\A>>> ?(?:think|reason|draft)", r"<<<"),
        (r"\A~~(?:(?!~~).)+\Z", r"(?:(?!~~).)*~~"),
        (r"\A(?:[^\"]*\"[^\"]*\")*(?:[^\"]*[\s=:(])?\"\Z", r"\""),
        (r"\A(?:[^']*[\s=:(])?'\Z", r"'(?!')"),
        (r"\A(?:[^`]*[\s=:(])?`\Z", r"`(?!`)"),
        (r"\A(?:[^`]*\s)?``\Z", r"``\Z"),
        (r"\A\"[^\"]+\Z", r"\"\s"),
        (r"“[^“”]*\Z", r"[^“]*”"),
        (r"\br(?P<x>#+)\"\Z", r"\"{x}"),
        (r"\bR\"(?P<x>\w*)\(\Z", r"\){x}\""),
        (r"\A/\*(?!.*\*/)", r".*\*/"),
        (r"\A=begin\b", r"=end\b"),
        (r"\A--\[(?P<x>=*)\[", r"\]{x}\]"),
        (r"\A\{-(?!.*-\})", r"-\}}"),
        (r"\A\(\*(?!.*\*\))", r"\*\)"),
        (r"\A\[(?P<x>\w+)[= ][^\]]*\]\Z", r".*\[/{x}\]"),
        (r"\A\{%-? ?(?P<x>\w+)\b[^%]*%\}\Z", r"\{{%-? ?end_?{x}\b"),
        (r"\A\{\{[<%] ?(?P<x>\w+)\b[^<>]*[>%]\}\}\Z", r"\{{\{{[<%] ?/ ?{x}\b"),
        (r"\A\{(?P<x>\w+):[^{}]*\}\Z", r"\{{{x}\}}"),
        (r"\A(?:- )?[\w\"]+: ?[|>][-+]?\Z", r"[\w\"]+: ?\S"),
    )
)
_TRIPLE: Final = ('"""', "'''")
_SOURCE: Final = re.compile(
    r"\.\. [\w-]+::.*|bc\.\.|==> ?\S+ ?<==|\$ (?:cat|head|tail|less|sed|bat) .*|on .{3,60} wrote:|"
    r"-{3,} ?(?:forwarded|original) message ?-{3,}|contents? of \S+:|\[\d\d:\d\d(?::\d\d)?\] \w+:",
    re.IGNORECASE,
)
_NOT_MEANT: Final = re.compile(
    r"(?:\A|[.!?:;] )(?:please )?(?:do not|don't|don’t|never) (?:run|send|execute) (?:this|it)[:.]?\Z"
    r"|\bblocks? (?:then )?looks? like this:?\Z"
    r"|\A(?:if you agree|once you (?:agree|confirm|approve)),? I(?:'ll| will|’ll) \w+ [\w ]{0,30}:?\Z"
    r"|\bI(?:'ll| will|’ll) [\w ]{1,30}(?:if you agree|once you (?:agree|confirm|approve))[:.]?\Z"
    r"|\bneed your (?:confirmation|permission|approval|ok|yes) before (?:running|I run|sending|I send) [\w ]{1,20}:?\Z"
    r"|\bI would (?:send|run|write), but I (?:will not|won't|won’t)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"(`+)(?:(?!`).)+?\1(?!`)")


def quotation(before: Plain, after: Plain) -> tuple[str, int, int] | None:
    """What holds the block, with its first and last line; 0 for the last where it has none.

    Args:
        before: the prose before the block.
        after: the prose after it.
    """
    said = [(number, _CODE.sub("", line).strip()) for number, line in before]
    rest = [(number, _CODE.sub("", line).strip()) for number, line in after]
    for pattern, closing in _PAIRS:
        if (found := _open_at(said, pattern, closing)) is not None:
            number, shown, end = found
            last = next((line_of for line_of, line in rest if end.match(line)), 0)
            if last:
                return shown[:60], number, last
    return _triple(said, rest) or _sourced(said)


def _open_at(lines: Plain, pattern: re.Pattern[str], closing: str) -> tuple[int, str, re.Pattern[str]] | None:
    """The last opening of this kind that nothing has closed."""
    opened: tuple[int, str, re.Pattern[str]] | None = None
    for number, line in lines:
        if opened is not None and opened[2].match(line):
            opened = None
        elif opened is None and (found := pattern.search(line)) is not None:
            name = found.groupdict().get("x") or ""
            if not is_act(name):
                opened = number, line, re.compile(closing.format(x=re.escape(name)), re.IGNORECASE)
    return opened


def _triple(before: Plain, after: Plain) -> tuple[str, int, int] | None:
    for sign in _TRIPLE:
        held = [(number, line) for number, line in before for _ in range(line.count(sign))]
        last = next((number for number, line in after if sign in line), 0)
        others = sum(line.count(sign) for _, line in after)
        if len(held) % 2 and others % 2 and last:
            return held[-1][1][:60], held[-1][0], last
    return None


def _sourced(before: Plain) -> tuple[str, int, int] | None:
    above = next(((number, line) for number, line in reversed(before) if line), None)
    if above is None or _SOURCE.fullmatch(above[1]) is None:
        return None
    return above[1][:60], above[0], 0


def not_meant(before: Plain) -> str:
    """The words of the paragraph directly above a block that say it is not meant to run; empty without any."""
    words: list[str] = []
    for _, line in reversed(before):
        if line.strip():
            words.append(line.strip())
        elif words:
            break
    found = _NOT_MEANT.search(" ".join(reversed(words)))
    return found[0].lstrip(".!?:; ") if found is not None else ""
