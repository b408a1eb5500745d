package import Basics
import CArchive
import Glibc

/// Runs `lineside unpack` and waits for it. Blocks: for a `BlockingExecutor` only.
package struct UnpackProcess: Sendable {
    /// The executable that knows `unpack`: this one, also when an upgrade has replaced its file.
    private let executable: String

    package init(executable: String = "/proc/self/exe") { self.executable = executable }

    /// - Parameter directory: empty; what lies in it after a fault is the caller's to remove.
    package func run(
        archive: borrowing FileDescriptor, into directory: String,
        _ selection: UnpackSelection = .everything
    ) throws(UnpackFault) {
        var end: Int32 = -1
        let pid = carchive_spawn(
            executable, archive.raw, directory, selection.rawValue, &end)
        guard pid > 0, let output = FileDescriptor(owning: end) else {
            throw .failed("\(SystemError("start \(executable)", code: -pid)).")
        }
        let answer = Self.read(output)
        if answer == nil { kill(pid, SIGKILL) }
        let status = Self.wait(pid)
        guard let answer, status == 0, let read = UnpackAnswer(answer) else {
            throw .failed(Self.sentence(status))
        }
        if let fault = read.fault { throw fault }
    }

    /// To the end of the pipe; `nil` where nothing came within 15 minutes or too much did.
    private static func read(_ output: borrowing FileDescriptor) -> [UInt8]? {
        let end = ContinuousClock.now + .seconds(900)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= 16_384 {
            let left = (end - ContinuousClock.now).milliseconds
            guard left > 0 else { return nil }
            var poll = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, Int32(left)) > 0 else {
                if errno == EINTR { continue }
                return nil
            }
            let count = Glibc.read(output.raw, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 { return nil }
            bytes.append(contentsOf: buffer[..<count])
        }
        return nil
    }

    private static func wait(_ pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
        return status
    }

    private static func sentence(_ status: Int32) -> String {
        let signal = status & 0x7F
        if signal == SIGXCPU || signal == SIGKILL {
            return "Unpacking took too long or was stopped; nothing of the archive was kept."
        }
        return signal == 0
            ? "The archive could not be unpacked (exit \(status >> 8))."
            : "The archive could not be unpacked (signal \(signal))."
    }
}
