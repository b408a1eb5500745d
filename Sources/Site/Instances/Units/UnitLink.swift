import Basics
import CLinux
import Glibc

/// Asks `lineside helper`: one connection an order. Blocks.
package struct UnitLink: Sendable {
    private let path: String
    private let patience: Duration

    /// - Parameter patience: 120 s: an order to start waits for the end of what runs, which may take
    ///   all the time that a stop has.
    package init(
        path: String = Configuration.helperSocket, patience: Duration = .seconds(120)
    ) {
        self.path = path
        self.patience = patience
    }

    package func ask(_ order: UnitOrder) -> UnitAnswer {
        do throws(SystemError) {
            guard let socket = FileDescriptor(owning: clinux_connect_unix(path)) else {
                throw SystemError("ask \(path)", code: ECONNREFUSED)
            }
            guard fcntl(socket.raw, F_SETFL, 0) == 0 else { throw SystemError("ask \(path)") }
            var time = timeval()
            time.tv_sec = Int(patience.components.seconds)
            setsockopt(
                socket.raw, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            try Files.write(Array(order.line.utf8), to: socket, path)
            let bytes = try Files.read(socket, path, limit: .kibibytes(64))
            let line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
            guard let answer = UnitAnswer(line: line) else {
                throw SystemError("ask \(path)", code: EPROTO)
            }
            return answer
        } catch {
            return .refused(
                "the service manager could not be asked (\(error)); is lineside-helper.socket "
                    + "active?")
        }
    }
}
