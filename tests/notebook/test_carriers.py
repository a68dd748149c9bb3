from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notebooks import bare_notebook
from programs import commands

from jupyter_mlsecops.notebook.shell.model import HOLE

H = HOLE
IMPORTS = "import asyncio, os, pip, pty, shlex, subprocess, sys\n"
A = ["pip", "install", "a"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        # One text that a shell reads: each word stands where it is written.
        ("os.system('pip install a')", [A]),
        ("os.popen('pip install a').read()", [A]),
        ("subprocess.getoutput('pip install a')", [A]),
        ("subprocess.run('pip install a', shell=True)", [A]),
        ("subprocess.Popen(args='pip install a', shell=True)", [A]),
        ("subprocess.check_call('pip install a && pip install b', shell=True)", [A, ["pip", "install", "b"]]),
        ("asyncio.create_subprocess_shell('pip install a')", [A]),
        ("os.system(command='pip install a')", [A]),
        ("os.system('pip '\n  'install a')", [A]),
        ("os.system(r'pip install a')", [A]),
        ('os.system("""\npip install \\\n  a\n""")', [A]),
        ("os.system('pip\\tinstall\\x20a')", [A]),
        ("os.system('é ü'); os.system('pip install a')", [["é", "ü"], A]),
        ("os.system(\"pip install 'a>=1'\")", [["pip", "install", "a>=1@'a>=1'"]]),
        ("os.system('bash -c \"pip install a\"')", [["bash", "-c", 'pip install a@"pip install a"'], A]),
        # Texts that are put together: where it cannot be told, at the expression.
        ("os.system('pip ' + 'install a')", [[f"{word}@'pip ' + 'install a'" for word in A]]),
        ("os.system('pip install {}'.format('a'))", [[f"{word}@'pip install {{}}'.format('a')" for word in A]]),
        ("os.system('pip install %s' % 'a')", [[f"{word}@'pip install %s' % 'a'" for word in A]]),
        ("cmd = 'pip install a'\nos.system(cmd)", [[f"{word}@cmd" for word in A]]),
        (
            "os.system('pip install ' + x)",
            [["pip@'pip install ' + x", "install@'pip install ' + x", f"{H}@'pip install ' + x"]],
        ),
        ("os.system(x)", []),
        # f-strings
        ("os.system(f'pip install a')", [A]),
        ("x = 'a'\nos.system(f'pip install {x}')", [["pip", "install", "a@{x}"]]),
        ("x = 'a b'\nos.system(f'pip install {x}')", [["pip", "install", "a@{x}", "b@{x}"]]),
        ("os.system(f'pip install {x}')", [["pip", "install", f"{H}@{{x}}"]]),
        ("os.system(f'pip install {x!r} {y:>3} a')", [["pip", "install", f"{H}@{{x!r}}", f"{H}@{{y:>3}}", "a"]]),
        ("v = '1'\nos.system(f'pip install a=={v}.0')", [["pip", "install", "a==1.0@a=={v}.0"]]),
        ("os.system(f'pip install\\ta {{}}')", [["pip", "install", "a", "{}@{{}}"]]),
        ("os.system(f'pip ' 'install {a} ' f'b')", [["pip", "install", "{a}", "b"]]),
        ("os.system(f'{sys.executable} -m pip install a')", [["python@{sys.executable}", "-m", *A]]),
        ("HOME = 'x'\nos.system(f'echo $HOME')", [["echo", f"{H}@$HOME"]]),
        ("os.environ['V'] = '1'\nos.system('pip install a==$V')", [["pip", "install", "a==1@a==$V"]]),
        ('os.system(f"""\npip install {x}\n\npip install a\n""")', [["pip", "install", f"{H}@{{x}}"], A]),
        # Lists of words.
        ("subprocess.run(['pip', 'install', 'a'])", [A]),
        ("subprocess.run(('pip', 'install', 'a'))", [A]),
        ("subprocess.run(['pip', 'install', 'a' 'b'])", [["pip", "install", "ab@a' 'b"]]),
        ("subprocess.run([sys.executable, '-m', 'pip', 'install', 'a'])", [["python@sys.executable", "-m", *A]]),
        ("subprocess.run(['pip', 'install'] + ['a'])", [A]),
        ("subprocess.run(['pip'] + ['install'] + ['a'])", [A]),
        ("subprocess.run(['pip', *['install', 'a']])", [A]),
        ("subprocess.run(['pip', 'install', *x])", [["pip", "install", f"{H}@x"]]),
        ("subprocess.run(['pip', 'install', x])", [["pip", "install", f"{H}@x"]]),
        ("subprocess.run(['pip', 'install'] + x)", [["pip", "install", f"{H}@x"]]),
        ("subprocess.run(['pip', 'install', f'a=={v}'])", [["pip", "install", f"a=={H}@f'a=={{v}}'"]]),
        ("subprocess.run(['sleep', 3])", [["sleep", "3"]]),
        ("cmd = ['pip', 'install', 'a']\nsubprocess.run(cmd)", [A]),
        ("cmd = ['pip', 'install']\ncmd += ['a']\nsubprocess.run(cmd)", [A]),
        ("base = ['pip', 'install']\nsubprocess.run([*base, 'a'])", [A]),
        ("subprocess.run(list(('pip', 'install', 'a')))", [A]),
        ("subprocess.run(['pip install a'], shell=True)", [A]),
        ("subprocess.run('pip install a'.split())", [A]),
        ("subprocess.run('pip install a'.split(' '))", [A]),
        ("subprocess.run(shlex.split('pip install a'))", [A]),
        ("subprocess.run(f'pip install {x}'.split())", [["pip", "install", f"{H}@{{x}}"]]),
        ("cmd = 'pip install a'.split()\nsubprocess.run(cmd)", [A]),
        ("subprocess.run(['pip'] + 'install a'.split())", [A]),
        ("subprocess.run(['pip', *shlex.split('install a')])", [A]),
        ("subprocess.run(x)", []),
        ("subprocess.run()", []),
        ("os.execvp('pip', ['pip', 'install', 'a'])", [A]),
        ("os.execlp('pip', 'pip', 'install', 'a')", [A]),
        ("os.spawnvp(os.P_WAIT, 'pip', ['pip', 'install', 'a'])", [A]),
        ("pty.spawn(['pip', 'install', 'a'])", [A]),
        ("asyncio.create_subprocess_exec('pip', 'install', *['a'])", [A]),
        # pip itself.
        ("pip.main(['install', 'a'])", [["pip@pip.main(['install', 'a'])", "install", "a"]]),
        ("from pip._internal import main\nmain(['install', 'a'])", [["pip@main(['install', 'a'])", "install", "a"]]),
        ("pip.main('install a'.split())", [["pip@pip.main('install a'.split())", "install", "a"]]),
        ("pip.main()", []),
        # IPython
        ("get_ipython().system('pip install a')", [A]),
        ("ip = get_ipython()\nip.getoutput('pip install a')", [A]),
        ("x = 'a'\nget_ipython().system('pip install {x} $x')", [["pip", "install", "a@{x}", "a@$x"]]),
        ("get_ipython().run_line_magic('pip', 'install a')", [A]),
        ("get_ipython().run_line_magic('system', 'pip install a')", [A]),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", []),
        ("get_ipython().magic('pip install a')", [A]),
        ("get_ipython().magic('%pip install a')", [A]),
        ("get_ipython().magic('sx pip install a')", [A]),
        ("get_ipython().magic('matplotlib inline')", []),
        ("get_ipython().run_cell_magic('bash', '', 'pip install a\\n')", [A]),
        ("get_ipython().run_cell_magic('html', '', 'pip install a')", []),
        ("get_ipython().run_cell('!pip install a\\nx = 1')", [A]),
        # Names.
        ("from subprocess import check_call as c\nc(['pip', 'install', 'a'])", [A]),
        ("from functools import partial\nr = partial(subprocess.run, shell=True)\nr('pip install a')", [A]),
        ("kw = {'args': ['pip', 'install', 'a']}\nsubprocess.run(**kw)", [A]),
        ("getattr(os, 'sys' + 'tem')('pip install a')", [A]),
        ("def system(x): ...\nsystem('pip install a')", []),
        ("if False:\n    os.system('pip install a')", []),
        ("x = 'os.system(\"pip install a\")'", []),
    ],
)
def test_carriers(cell: str, found: list[list[str]]):
    assert commands(IMPORTS + cell) == found


def test_what_is_defined_in_another_cell_stands_at_the_call():
    assert commands(
        "import subprocess, os",
        "CMD = ['pip', 'install', 'a']\nTEXT = 'pip install a'",
        "subprocess.run(CMD)",
        "os.system(TEXT)",
    ) == [
        [f"{word}@CMD" for word in A],
        [f"{word}@TEXT" for word in A],
    ]
    assert commands("import subprocess", "CMD = 'pip install a'.split()", "subprocess.run(CMD + ['b'])") == [
        ["pip@CMD", "install@CMD", "a@CMD", "b"]
    ]
    assert commands("import subprocess", "KW = {'args': 'pip install a'}", "subprocess.run(**KW)") == [
        [f"{word}@subprocess.run(**KW)" for word in A]
    ]


def test_what_stands_elsewhere_keeps_what_is_inside():
    (code,) = bare_notebook("import os\nx = 'bash <(curl http://a/b) > out'\nos.system(x)").codes
    assert [command.program for command in code.commands] == ["bash", "curl"]
    assert {(command.start, command.end) for command in code.commands} == {
        (code.text.rindex("x"), code.text.rindex("x") + 1)
    }
    assert [redirect.target.text for redirect in code.commands[0].redirects if redirect.target] == ["out"]


def test_interpolations_keep_their_expressions():
    (code,) = bare_notebook("import os\nos.system(f'echo {reply.text}')").codes
    (command,) = code.commands
    (segment,) = command.words[1].segments
    assert (segment.kind, segment.text) == ("python", "reply.text")


WORDS = st.text(alphabet="abcé-=.é𝒳", min_size=1, max_size=6)


@given(
    st.lists(WORDS, min_size=1, max_size=5),
    st.sampled_from(["'", '"', '"""', "r'", "f'"]),
    st.sampled_from([" ", "  "]),
)
@settings(deadline=None)
def test_words_stand_where_they_are_written(words: list[str], opening: str, blank: str):
    quote = opening.lstrip("rf")
    words = ["run", *words]
    line = blank.join(words)
    listed = ", ".join(f"{opening}{word}{quote}" for word in words)
    (code,) = bare_notebook(
        f"import os, subprocess\nos.system({opening}{line}{quote})\nsubprocess.run([{listed}])"
    ).codes
    for command in code.commands:
        assert [word.text for word in command.words] == words
        if opening[0] != "f" or command is code.commands[0]:
            assert [code.text[word.start : word.end] for word in command.words] == words


@given(st.text(alphabet="'\"\\{}$x()[]|&; fr%\n", max_size=30))
@settings(deadline=None, max_examples=300)
def test_nothing_raises(text: str):
    for cell in (
        f"import os\nos.system({text!r})",
        f"import os\nos.system(f{text!r})",
        f"import os\nos.system({text})",
        f"get_ipython().magic({text!r})",
    ):
        (code,) = bare_notebook(cell).codes
        for command in code.commands:
            assert 0 <= command.start <= command.end <= len(cell)
            assert all(0 <= word.start <= word.end <= len(cell) for word in command.words)


@pytest.mark.parametrize(
    "source",
    [
        "x = '" + "pip install a; " * 1000 + "'\n" + "os.system(x)\n" * 5000,
        "x = '" + "pip install a; " * 600 + "'\n" + "!{x}\n" * 1000,
        "x = '" + "a " * 9000 + "'\n" + "subprocess.run(x.split())\n" * 500,
        "a = ['x']\n" + "a = a + a\n" * 50 + "subprocess.run(a)",
        "a = ['x']\n" + "a += ['y']\nsubprocess.run(a)\n" * 500,
        "a0 = ['x']\n" + "\n".join(f"a{i + 1} = [*a{i}, *a{i}]" for i in range(50)) + "\nsubprocess.run(a50)",
        "subprocess.run([" + "'a', " * 50_000 + "])",
        "os.system(f'" + "{x} " * 2000 + "')",
        "os.system('pip install a')\n" * 5000,
    ],
)
def test_cost_is_bounded(source: str):
    started = time.process_time()
    for code in bare_notebook("import os, subprocess\n" + source).codes:
        assert isinstance(code.commands, tuple)
    assert time.process_time() - started < 8
