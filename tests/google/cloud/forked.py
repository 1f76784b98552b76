"""Serves the gcloud of this machine to many calls: loads it once, and forks for each.

Most of the time of a call of gcloud goes into loading its modules. The launcher of gcloud starts this
with its own Python, its own variables and the path of its gcloud.py; a call brings its arguments,
variables, directory and files. What one call loads is loaded for those after it. Ends with its
standard input.
"""

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading

# What the launcher sets.
LAUNCHED = ("BQ_PYTHON", "ENCODING", "GSUTIL_PYTHON", "PYTHON", "ROOT_DIR")


def main():
    program = sys.argv[1]
    # Not where this module was found, but where gcloud's are.
    sys.path[:2] = [os.path.dirname(program)]
    names = [f"CLOUDSDK_{name}" for name in LAUNCHED] + ["PYTHONIOENCODING"]
    launched = {name: os.environ[name] for name in names if name in os.environ}
    launched["CLOUDSDK_PYTHON_ARGS"] = "-S"
    folder = tempfile.mkdtemp()
    os.environ["CLOUDSDK_CONFIG"] = os.environ["HOME"] = folder
    path = os.path.join(folder, "socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    print(path, flush=True)
    serve(listener, program, launched)
    shutil.rmtree(folder)


def serve(listener, program, launched):
    """Answers calls until the standard input ends."""
    import gcloud  # the program, as a module

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    learned, learner = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        ready, _, _ = select.select([listener, learned, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        if learned in ready:
            load(json.loads(learned.recv(1 << 20)))
        elif listener in ready:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                learned.close()
                try:
                    call(gcloud, program, launched, connection, learner)
                finally:
                    os._exit(1)
            connection.close()


def load(modules):
    """Loads what calls to come would load themselves."""
    for module in modules:
        try:
            __import__(module)
        except ImportError:
            pass
    # Nothing of it is garbage, and looking at it would copy its pages for every call.
    gc.collect()
    gc.freeze()


def call(gcloud, program, launched, connection, learner):
    """One call, in a process of its own."""
    length, files, _, _ = socket.recv_fds(connection, 4, 3)
    asked = connection.recv(int.from_bytes(length, "big"), socket.MSG_WAITALL)
    group, directory, arguments, variables = json.loads(asked)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Who kills the caller's group kills this, too.
    os.setpgid(0, group)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(launched)
    os.environ.update(variables)
    sys.argv = [program, *arguments]
    before = set(sys.modules)
    code = 0
    try:
        gcloud.main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    # As the interpreter ends, but without taking all modules apart.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(bytes([(code or 0) & 255]))
    modules = [name for name in sys.modules if name not in before and not name.startswith("__")]
    if modules:
        learner.send(json.dumps(modules).encode())


main()
