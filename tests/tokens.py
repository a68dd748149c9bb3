"""Makes valid-looking secrets when a test runs, so that none is written in any file."""

from __future__ import annotations

import base64
import json
import random
import re
import re._constants as constants
import re._parser as parser
import string

from jupyter_mlsecops.secrets.shapes.checks import base62_crc32
from jupyter_mlsecops.secrets.shapes.token_table import TokenKind, token_table

_PLACEHOLDER = re.compile(r"\{\{(token|credential|url):([a-z0-9-]+)(?:#(\d+))?(!)?(?:\[(\d*):(\d*)\])?\}\}")
_CHARACTER = re.compile(r"\{\{char:([0-9A-F]{4,5})\}\}")
_ALPHABET = string.ascii_letters + string.digits + "-_"


def fill(text: str) -> str:
    """Replace placeholders by secrets that are the same in every run.

    `{{token:github}}` is a token of the table's row; `{{token:github#2}}` another one; `{{token:github!}}` one whose
    checksum is wrong; `{{token:github[0:10]}}` a piece of it; `{{credential:password}}` a value without a provider's
    shape (password, secret, hex, uuid, base64, aws-secret, pem, pem-body, jwt …). `{{char:202E}}` is the character U+202E.
    """
    text = _CHARACTER.sub(lambda match: chr(int(match[1], 16)), text)
    return _PLACEHOLDER.sub(_filled, text)


def make(provider: str, number: int = 1, *, broken: bool = False) -> str:
    """A token of this kind, right down to its checksum (or just not, when `broken`)."""
    kind = next(kind for kind in token_table().kinds if kind.id == provider)
    token = _drawn(kind, random.Random(f"{provider} {number}"))
    if broken:
        return token[:-1] + ("A" if token[-1] != "A" else "B")
    return token


def credential(name: str, number: int = 1) -> str:
    """A value that only its position gives away."""
    draw = random.Random(f"{name} {number}")
    return _CREDENTIALS[name](draw)


def _filled(match: re.Match[str]) -> str:
    family, name, number, broken, first, last = match.groups()
    index = int(number or 1)
    value = credential(name, index) if family == "credential" else make(name, index, broken=bool(broken))
    return value[int(first) if first else None : int(last) if last else None]


def _drawn(kind: TokenKind, draw: random.Random) -> str:
    match kind.check:
        case "crc32":
            prefix, body = draw.choice(kind.starts), _some(draw, 30, string.ascii_letters + string.digits)
            return f"{prefix}{body}{base62_crc32(body)}"
        case "neptune":
            facts = {"api_address": "https://app.neptune.example", "api_key": str(_uuid(draw))}
            return base64.b64encode(json.dumps(facts, separators=(",", ":")).encode()).decode()
        case "long":
            return "-".join(("xoxb", str(draw.randrange(10**11, 10**12)), _some(draw, 24, _ALPHABET[:62])))
        case "discord":
            user = base64.b64encode(str(draw.randrange(10**17, 10**18)).encode()).decode()
            return f"{user}.{_some(draw, 6, _ALPHABET[:62])}.{_some(draw, 38, _ALPHABET[:62])}"
        case _:
            return _sample(parser.parse(kind.pattern.pattern), draw)


def _sample(tree: parser.SubPattern, draw: random.Random) -> str:
    return "".join(_piece(operator, value, draw) for operator, value in tree)


def _piece(operator: object, value: object, draw: random.Random) -> str:
    match operator:
        case constants.LITERAL:
            return chr(value)
        case constants.IN:
            return draw.choice(_members(value))
        case constants.MAX_REPEAT:
            low, high, inner = value
            return "".join(_sample(inner, draw) for _ in range(max(low, min(high, low + 2 if low else 0))))
        case constants.BRANCH:
            return _sample(draw.choice(value[1]), draw)
        case constants.SUBPATTERN:
            return _sample(value[3], draw)
    raise NotImplementedError(operator)


def _members(items: list[tuple[object, object]]) -> str:
    """The characters of a class; `-` and `_` are left out, so that a token may end anywhere."""
    members = ""
    for operator, value in items:
        match operator:
            case constants.LITERAL:
                members += chr(value)
            case constants.RANGE:
                members += "".join(map(chr, range(value[0], value[1] + 1)))
            case constants.CATEGORY:
                members += " "
            case constants.NEGATE:
                return "user"
    plain = members.replace("-", "").replace("_", "").replace("/", "").replace("+", "").replace("~.", "")
    return plain if len(plain) > 8 else members


def _some(draw: random.Random, length: int, alphabet: str) -> str:
    return "".join(draw.choices(alphabet, k=length))


def _uuid(draw: random.Random) -> str:
    digits = _some(draw, 32, "0123456789abcdef")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _pem_body(draw: random.Random, lines: int = 12) -> str:
    body = base64.b64encode(draw.randbytes(48 * lines)).decode()
    return "\n".join(body[start : start + 64] for start in range(0, len(body), 64))


def _pem(draw: random.Random) -> str:
    lines = _pem_body(draw)
    dashes = "-" * 5
    return f"{dashes}BEGIN PRIVATE KEY{dashes}\n{lines}\n{dashes}END PRIVATE KEY{dashes}\n"


def _jwt(draw: random.Random, expires: int) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _some(draw, 12, string.ascii_lowercase), "exp": expires})
    encoded = [base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).decode() for part in parts]
    signature = base64.urlsafe_b64encode(draw.randbytes(32)).decode()
    return ".".join(part.rstrip("=") for part in (*encoded, signature))


def _aws_secret(draw: random.Random) -> str:
    return _some(draw, 40, string.ascii_letters + string.digits + "/+")


_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_CREDENTIALS = {
    # What is no secret, but has the shape of one.
    "documented-aws": lambda _: "AKIA" + "IOSFODNN7" + "EXAMPLE",
    "dna": lambda _: "ACCA" + "GAACAGTCAGGCAAAA",
    "counting": lambda _: "ghp_" + string.digits + string.ascii_lowercase,
    "crosses": lambda _: "ghp_" + "x" * 36,
    "crosses-line": lambda _: "x" * 48,
    "words": lambda _: "hf_" + "YourToken" * 3 + "YourTok",
    "password": lambda draw: "h" + _some(draw, 9, string.ascii_letters) + _some(draw, 2, string.digits) + "!",
    "plain-password": lambda draw: _some(draw, 8, string.ascii_lowercase) + _some(draw, 3, string.digits),
    "secret": lambda draw: "q7Z" + _some(draw, 29, _LETTERS_AND_DIGITS),
    "hex": lambda draw: _some(draw, 32, "0123456789abcdef"),
    "uuid": _uuid,
    "base64": lambda draw: base64.b64encode(draw.randbytes(32)).decode(),
    "azure-key": lambda draw: base64.b64encode(draw.randbytes(64)).decode(),
    "aws-secret": _aws_secret,
    "pem": _pem,
    "pem-body": _pem_body,
    "pem-line": lambda draw: _pem_body(draw).replace("\n", r"\n"),
    "ec-body": lambda draw: _pem_body(draw, 1),
    "jwt": lambda draw: _jwt(draw, 4_000_000_000),
    "old-jwt": lambda draw: _jwt(draw, 1_500_000_000),
}
