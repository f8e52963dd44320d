"""A plugin that tries what the text of its event names, and answers "done …" or "errno N"."""
import ctypes, mmap, os, resource, signal, socket, threading, time
offers = [{'kind': 'command', 'name': 'try_python'}]
kept = []

def read(path):
    return open(path, errors='replace').read()

def write(path):
    with open(path, 'w') as file:
        file.write('written')

def connect(port):
    socket.create_connection(('127.0.0.1', int(port)), 5).close()

def datagram(path):
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'x', path)

def memory_file(_):
    os.memfd_create('x')

def share_zeros(_):
    os.open('/dev/zero', os.O_RDWR)

def share_memory(_):
    mmap.mmap(-1, 1 << 20)

def callback(_):
    called = []
    ctypes.CFUNCTYPE(None, ctypes.c_int)(called.append)(7)
    return called

def kill(pid):
    os.kill(int(pid), 0)

def ptrace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, int(pid), None, None) < 0:
        raise OSError(ctypes.get_errno(), 'ptrace')

def limit(pid):
    resource.prlimit(int(pid), resource.RLIMIT_NOFILE)

def schedule(_):
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))

def run(program):
    pid = os.posix_spawn(program, [program], {})
    return os.waitpid(pid, 0)[1]

def environ(_):
    return '\n'.join(f'{name}={value}' for name, value in os.environ.items())

def eat(megabytes):
    return len(bytearray(int(megabytes) << 20))

def open_files(count):
    for _ in range(int(count)):
        kept.append(open('/dev/null'))

def fork(count):
    children = []
    try:
        for _ in range(int(count)):
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(0)
            children.append(pid)
    except BlockingIOError:
        pass
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(children)

def threads(count):
    threading.stack_size(64 << 10)
    enough = threading.Event()
    started = []
    try:
        for _ in range(int(count)):
            thread = threading.Thread(target=enough.wait)
            thread.start()
            started.append(thread)
    except RuntimeError:
        pass
    enough.set()
    for thread in started:
        thread.join()
    return len(started)

def one_thread_more_than(count):
    threading.stack_size(64 << 10)
    enough = threading.Event()
    try:
        for _ in range(int(count) + 1):
            threading.Thread(target=enough.wait).start()
    finally:
        enough.set()

def thread(_):
    thread = threading.Thread(target=lambda: kept.append('ran'))
    thread.start()
    thread.join()
    return kept.pop()

def handle(offer, event):
    what, _, rest = event['text'].partition(' ')
    if what == 'uncaught':
        what, _, rest = rest.partition(' ')
        return globals()[what](rest)
    try:
        return f'done {globals()[what](rest)}'
    except OSError as error:
        if error.errno == 24:
            raise
        return f'errno {error.errno}'
