import Basics
import Glibc
import Synchronization

/// A port for a program that must be told one. Below 32,768: from there on the kernel gives ports to
/// outgoing connections, so that one that was free a moment ago is taken by whatever connects.
package enum FreePort {
    private static let range = 20_000..<32_000
    private static let last = Mutex(Int.random(in: range))

    /// Another one each time. A range without any is an error of the machine: the last tried.
    package static func pick() -> Int {
        last.withLock { last in
            for _ in range {
                last = last + 1 < range.upperBound ? last + 1 : range.lowerBound
                if canBind(last) { break }
            }
            return last
        }
    }

    private static func canBind(_ port: Int) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard let socket = FileDescriptor(owning: Glibc.socket(AF_INET, kind, 0)) else {
            return false
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
