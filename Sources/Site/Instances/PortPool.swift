import Basics
import Glibc
import Synchronization

/// Loopback ports for instances. Each keeps its own while nobody else takes it.
package final class PortPool: Sendable {
    /// Below the range from which the kernel gives ports to outgoing connections (32768 on).
    package static let range = 20_000...29_999

    private let leased = Mutex<[Int: String]>([:])
    private let range: ClosedRange<Int>

    package init(range: ClosedRange<Int> = PortPool.range) { self.range = range }

    /// - Parameters:
    ///   - preferred: taken if it is free.
    ///   - avoiding: not taken, because somebody else listens there.
    /// - Returns: `nil` if 200 tries found none.
    package func lease(for owner: String, preferred: Int?, avoiding: Int? = nil) -> Int? {
        release(owner)
        var candidates = (0..<200).map { _ in Int.random(in: range) }
        if let preferred { candidates.insert(preferred, at: 0) }
        for port in candidates where port != avoiding {
            let isOurs = leased.withLock { leased in
                if leased[port] != nil { return false }
                leased[port] = owner
                return true
            }
            if isOurs {
                if Self.isFree(port) { return port }
                leased.withLock { _ = $0.removeValue(forKey: port) }
            }
        }
        return nil
    }

    /// Of a process that runs already.
    package func claim(_ port: Int, for owner: String) {
        leased.withLock { $0[port] = owner }
    }

    package func release(_ owner: String) {
        leased.withLock { leased in leased = leased.filter { $0.value != owner } }
    }

    /// Somebody may take it a moment later: a start finds that out by its own failure.
    private static func isFree(_ port: Int) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard (1...65_535).contains(port),
            let socket = FileDescriptor(owning: socket(AF_INET, kind, 0))
        else { return false }
        // As Node.js does: connections of an earlier process that linger are no obstacle.
        var yes: Int32 = 1
        setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
