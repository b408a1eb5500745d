package import Basics
import Dispatch
import Glibc
import Synchronization

/// A program that a test started: its lines on standard output, its end, and its end by force if
/// the test forgets it.
package final class ProgramUnderTest: Sendable {
    private struct State {
        var exit: Int32?
        var waiting: [AsyncStream<Int32>.Continuation] = []
    }

    package let pid: Int32
    /// Standard output by lines. One reader.
    package let lines: AsyncStream<String>
    private let state = Mutex(State())

    /// - Parameter errors: a file to which standard error is appended.
    /// - Parameter input: what the program reads on standard input.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        input: String = "", errors: String
    ) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("pipe") }
        let (reading, writing) = (ends[0], ends[1])
        _ = fcntl(reading, F_SETFD, FD_CLOEXEC)
        _ = fcntl(writing, F_SETFD, FD_CLOEXEC)

        let inputPath = "\(errors).in"
        try Files.replace(inputPath, with: Array(input.utf8))

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, writing, 1)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)

        var all = ["PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"]
        for name in ["HOME", "TMPDIR", "LLVM_PROFILE_FILE", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { all[name] = String(cString: value) }
        }
        all.merge(environment) { _, given in given }

        var argv: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        var envp: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0.key)=\($0.value)") }
        argv.append(nil)
        envp.append(nil)
        defer { for pointer in argv + envp { free(pointer) } }
        // Threads of Dispatch block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, &attributes, argv, envp)
        close(writing)
        guard code == 0 else {
            close(reading)
            throw SystemError("start \(executable)", code: code)
        }
        let pid = child
        self.pid = pid

        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        DispatchQueue(label: "output of \(pid)").async {
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(reading, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { break }
                pending.append(contentsOf: buffer[0..<count])
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: pending[..<end], as: UTF8.self))
                    pending.removeSubrange(...end)
                }
            }
            close(reading)
            continuation.finish()
        }
        DispatchQueue(label: "end of \(pid)").async { [self] in
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            let (waiting, code) = self.state.withLock { state in
                // Reaped under the lock: `signal` never hits a pid that is no longer ours.
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                // As a shell counts: 128 and the signal where there was one (wait(2)).
                let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
                state.exit = code
                defer { state.waiting = [] }
                return (state.waiting, code)
            }
            for one in waiting { one.yield(code) }
        }
    }

    /// The exit status, or 128 and the signal; -1 for who is cancelled while waiting.
    package func exitStatus() async -> Int32 {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        state.withLock { state in
            if let exit = state.exit {
                continuation.yield(exit)
            } else {
                state.waiting.append(continuation)
            }
        }
        for await status in stream { return status }
        return -1
    }

    /// Nothing where it has ended already.
    package func signal(_ number: Int32) {
        state.withLock { state in
            if state.exit == nil { kill(pid, number) }
        }
    }
}
