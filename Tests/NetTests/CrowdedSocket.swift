import Basics
import Glibc

/// A Unix listener whose queue holds one connection, and that takes one only when told to.
final class CrowdedSocket {
    private let listener: FileDescriptor

    init(_ path: String) throws {
        listener = try Self.open()
        let isReady = Self.address(path) { bind(listener.raw, $0, $1) } == 0
        guard isReady, listen(listener.raw, 0) == 0 else { throw SystemError("listen on \(path)") }
    }

    /// Sits in the queue until it ends.
    static func connection(_ path: String) throws -> FileDescriptor {
        let socket = try open()
        guard address(path, { connect(socket.raw, $0, $1) }) == 0 else {
            throw SystemError("connect to \(path)")
        }
        return socket
    }

    func accept() throws -> FileDescriptor {
        guard let taken = FileDescriptor(owning: Glibc.accept(listener.raw, nil, nil)) else {
            throw SystemError("accept")
        }
        return taken
    }

    private static func open() throws -> FileDescriptor {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard let socket = FileDescriptor(owning: Glibc.socket(AF_UNIX, kind, 0)) else {
            throw SystemError("open a socket")
        }
        return socket
    }

    private static func address(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}
