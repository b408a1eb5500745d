import Basics
import Dispatch
package import Domain
import Glibc

/// Asks over loopback HTTP. It uses threads of its own, so that neither a busy event loop of ours
/// nor many instances that hang at once make a living one look dead.
package struct LoopbackProbe: LivenessProbe {
    private static let queue = DispatchQueue(label: "lineside.probes", attributes: .concurrent)
    private static let patience = Duration.seconds(5)
    private static let answerLimit = 4096

    package init() {}

    package func isAlive(
        port: Int, path: String, instance: Instance.ID, nonce: String
    ) async -> Bool {
        let answer = await withCheckedContinuation { continuation in
            Self.queue.async {
                continuation.resume(returning: Self.ask(port: port, path: path))
            }
        }
        guard let answer, let body = Self.body(of: answer),
            let object = try? JSONReader.read(body).object
        else { return false }
        return object["instance"]?.string == instance.text && object["nonce"]?.string == nonce
    }

    /// The body of a 200; HTTP/1.0 was asked for, so that it ends with the connection.
    static func body(of answer: [UInt8]) -> [UInt8]? {
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 200 ") || text.hasPrefix("HTTP/1.0 200 "),
            let open = answer.firstIndex(of: UInt8(ascii: "{")),
            let close = answer.lastIndex(of: UInt8(ascii: "}")), open < close
        else { return nil }
        return Array(answer[open...close])
    }

    private static func ask(port: Int, path: String) -> [UInt8]? {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard let socket = FileDescriptor(owning: socket(AF_INET, kind, 0)) else { return nil }
        let deadline = ContinuousClock.now + patience
        var limit = timeval(tv_sec: Int(patience.components.seconds), tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.raw, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(socket.raw, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        guard connect(socket, port) else { return nil }
        let request = Array("GET \(path) HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        guard
            send(socket.raw, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        while answer.count < answerLimit, ContinuousClock.now < deadline {
            let count = recv(socket.raw, &buffer, buffer.count, 0)
            if count < 0 { return nil }
            if count == 0 { return answer }
            answer += buffer[0..<count]
        }
        return nil
    }

    private static func connect(_ socket: borrowing FileDescriptor, _ port: Int) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
