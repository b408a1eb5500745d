package import Basics
import Glibc

/// A loopback port that is taken, and where nobody answers: whoever connects is refused, and no
/// other program of the machine can begin to listen there.
package final class SilentPort: Sendable {
    package let number: UInt16
    private let socket: FileDescriptor

    /// - Parameter listens: takes connections, and lets them wait for ever.
    package init(listens: Bool = false) throws(SystemError) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard let socket = FileDescriptor(owning: Glibc.socket(AF_INET, kind, 0)) else {
            throw SystemError("open a socket")
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.raw, $0, size) == 0 && getsockname(socket.raw, $0, &size) == 0
            }
        }
        guard isBound, !listens || listen(socket.raw, 1) == 0 else {
            throw SystemError("take a port")
        }
        number = UInt16(bigEndian: address.sin_port)
        self.socket = socket
    }
}
