"""Every rule catches a bad sample, and leaves the good one beside it alone."""

import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tidying import cpp  # noqa: E402
from tidying.project import check_place, check_text  # noqa: E402
from tidying.report import Exceptions  # noqa: E402

HEADER = '#pragma once\n// What it is for.\n\n'


def rules(path, text):
    return sorted({finding.rule for finding in check_text(path, text)})


class Samples(unittest.TestCase):
    def bad(self, rule, path, text):
        self.assertIn(rule, rules(path, text), f'{rule} was not found in: {text[:200]}')

    def good(self, path, text):
        self.assertEqual([], rules(path, text), f'in: {text[:200]}')

    def test_floors(self):
        source = 'hotreload/rpc/peer.cpp'
        self.bad('floor', source, '#include "hotreload/reload/planner.h"\n')
        self.bad('floor', source, '#include "hotreload/event/event.h"\n')
        self.bad('floor', 'hotreload/base/gate.cpp', '#include "tgstats/http/server.h"\n')
        self.bad('floor', 'hotreload/novelty/x.cpp', '\n')
        self.bad('floor', 'workers/native/main.cpp', '#include "hotreload/worker/worker.h"\n')
        self.bad('floor', 'sdk/cpp/tgstats/plugin.hpp',
                 HEADER + '#include "hotreload/base/clock.h"\n')
        self.bad('include', source, '#include "../base/gate.h"\n')
        self.good(source, '#include "hotreload/rpc/peer.h"\n#include "hotreload/base/gate.h"\n')
        self.good(source, '// #include "hotreload/reload/planner.h"\n')
        self.good('workers/native/main.cpp',
                  '#include <hotreload/plugin.h>\n#include "hotreload/rpc/peer.h"\n')

    def test_sizes(self):
        source = 'hotreload/rpc/peer.cpp'
        self.bad('file-length', source, 'int x;\n' * 401)
        self.good(source, 'int x;\n' * 400)
        self.bad('file-length', 'hotreload/rpc/peer.h', HEADER + 'int x;\n' * 118)
        self.good('hotreload/rpc/peer.h', HEADER + 'int x;\n' * 117)
        self.bad('columns', source, '// ' + 'x' * 98 + '\n')
        self.good(source, '// ' + 'ü' * 97 + '\n')
        self.bad('function-length', source, 'int f() {\n' + 'g();\n' * 69 + '}\n')
        self.good(source, 'int f() {\n' + 'g();\n' * 68 + '}\n')
        self.bad('function-length', 'tests/python/x.py', 'def f():\n' + '    g()\n' * 70)

    def test_functions(self):
        source = 'hotreload/rpc/peer.cpp'
        self.bad('parameters', source, 'int f(int a, int b, int c, int d, int e) { return 0; }\n')
        self.good(source, 'int f(std::map<int, int> a, int b, int c, F<A<B, C>, D> d) {}\n')
        self.bad('nesting', source,
                 'void f() { if (a) { for (;;) { while (b) { if (c) { g(); } } } } }\n')
        self.good(source, 'void f() { if (a) { for (;;) { while (b) { g(); } } } }\n')

    def test_headers(self):
        self.bad('header', 'hotreload/rpc/peer.h', '// Role.\n#pragma once\n')
        self.bad('header', 'hotreload/rpc/peer.h', '#pragma once\n\nint f();\n')
        self.good('hotreload/rpc/peer.h', HEADER)

    def test_names(self):
        self.bad('name', 'hotreload/rpc/peer.cpp', 'class Peer' 'Manager;\n')
        self.bad('name', 'hotreload/rpc/peer.cpp', 'int parse' '_impl();\n')
        self.bad('name', 'hotreload/rpc/string' '_util.cpp', '\n')
        self.good('hotreload/rpc/peer.cpp', '// A Manager is not used.\nclass Utility;\n')

    def test_calls(self):
        for call in ('std::this_thread::sleep_for(s)', 'usleep(3)', 'system("ls")', 'popen(a, b)',
                     'thread.detach()', 'co_spawn(e, t, asio::detached)', 'rand()', 'strcpy(a, b)',
                     'std::localtime(&t)', 'std::signal(SIGTERM, f)', 'out << std::endl'):
            self.bad('call', 'hotreload/rpc/peer.cpp', f'void f() {{ {call}; }}\n')
        self.good('hotreload/rpc/peer.cpp',
                  'void f() { say("rand()"); ::localtime_r(&t, &u); p.signal(SIGTERM); }\n')
        self.bad('call', 'tests/python/x.py', 'import time\ntime.sleep(1)\n')
        self.good('tests/cases/hang/plugins/x.py', 'import time\ntime.sleep(1)\n')
        self.bad('call', 'tests/browser/x.mjs', 'await page.waitForTimeout(5);\n')
        self.bad('call', 'tests/cases/x/test', '#!/bin/bash\nsleep 1\n')
        self.bad('call', 'tests/cases/x/test', '#!/bin/bash\ntrue; pkill tgstats\n')

    def test_engine_and_coroutines(self):
        self.bad('engine', 'hotreload/rpc/peer.cpp', 'auto x = "telegram.call";\n')
        self.good('tgstats/http/server.cpp', 'auto x = "telegram.call";\n')
        self.bad('coroutine', 'hotreload/rpc/peer.cpp', 'int x = a ? co_await f() : 0;\n')
        self.good('hotreload/rpc/peer.cpp', 'int y = co_await f(); int x = a ? y : 0;\n')

    def test_everywhere(self):
        for path in ('hotreload/rpc/peer.cpp', 'docs/x.md', 'tests/browser/package-lock.json'):
            self.bad('machine', path, 'see /wor' 'k/main\n')
            self.bad('machine', path, 'https://registry.npm' 'js.org/x\n')
            self.bad('unfinished', path, 'TO' 'DO later\n')
            self.bad('whitespace', path, 'x \n')
            self.bad('whitespace', path, 'x')
        self.good('docs/x.md', 'mktemp XXXXXX in ${root}/work/x\n')
        self.bad('prose', 'docs/x.md', 'one \u2014 two\n')
        self.bad('prose', 'hotreload/rpc/peer.cpp', '// one \u2014 two\n')
        self.good('hotreload/rpc/peer.cpp', 'auto dash = "\u2014";\n')

    def test_places(self):
        with TemporaryDirectory() as folder:
            root = Path(folder)
            (root / 'lonely_test.cpp').write_text('\n')
            (root / 'peer.h').write_text(HEADER)
            (root / 'peer_test.cpp').write_text('\n')
            (root / 'peer_crash_test.cpp').write_text('\n')
            (root / 'script').write_text('#!/bin/bash\n')
            names = ('lonely_test.cpp', 'peer_test.cpp', 'peer_crash_test.cpp', 'script')
            found = {name: [finding.rule for finding in check_place(root, name)] for name in names}
        self.assertEqual({'lonely_test.cpp': ['test-name'], 'peer_test.cpp': [],
                          'peer_crash_test.cpp': [],
                          'script': ['executable']}, found)


class Functions(unittest.TestCase):
    def names(self, text):
        return [(function.name, function.parameters) for function in cpp.functions(text)]

    def test_heads(self):
        self.assertEqual([('f', 1)], self.names('template <class A, class B>\nauto f(A a) -> B {}'))
        self.assertEqual([('A', 2)], self.names('A::A(int a, int b) : a_(a), b_{b} { }'))
        self.assertEqual([('get', 0)], self.names('struct A { int x = 3; int get() const { } };'))
        self.assertEqual([('f', 0)], self.names('namespace { void f() { g([&](int a) { }); } }'))
        self.assertEqual([], self.names('struct A { int x; }; enum class B : int { one };'))
        self.assertEqual([], self.names('constexpr auto x = f(1, 2, 3, 4, 5, 6) + A{ 3 };'))

    def test_strings_and_comments(self):
        self.assertEqual([('f', 0)], self.names('void f() { x = "}"; y = \'{\'; /* { */ } // {'))
        self.assertEqual([('f', 0), ('g', 0)],
                         self.names('void f() { R"(}}{)"; } void g() { 1\'0; }'))


class Exempted(unittest.TestCase):
    def test_ratchet(self):
        found = list(check_text('docs/x.md', 'x \ny \n'))
        listed = Exceptions('list', 'docs/x.md whitespace = 2 # a sample\n')
        self.assertEqual([], listed.apply(found))
        listed = Exceptions('list', 'docs/x.md whitespace = 1 # a sample\n')
        self.assertEqual(found, listed.apply(found))

    def test_unused_and_unreasoned(self):
        listed = Exceptions('list', 'docs/x.md whitespace # a sample\ndocs/y.md whitespace\n')
        self.assertEqual(['exceptions', 'exceptions'], [each.rule for each in listed.apply([])])


if __name__ == '__main__':
    unittest.main()
