package import Basics
import CLinux
import Glibc

/// One conversation of `lineside helper`: the service manager hands it a connection, it takes one
/// line, and only from the appliance's user.
package struct UnitDesk: Sendable {
    private let clerk: UnitClerk
    private let user: UInt32

    /// - Parameter user: who may ask.
    package init(clerk: UnitClerk = UnitClerk(), user: UInt32) {
        self.clerk = clerk
        self.user = user
    }

    /// - Returns: whether it was somebody who may ask.
    @discardableResult
    package func serve(_ connection: borrowing FileDescriptor) async throws(SystemError) -> Bool {
        var peer = clinux_peer()
        guard clinux_describe(connection.raw, &peer) == 0,
            peer.user == Int32(bitPattern: user)
        else {
            try Self.answer(.refused("This is for the appliance only."), on: connection)
            return false
        }
        let answer: UnitAnswer
        if let order = UnitOrder(line: try Self.line(connection)) {
            answer = await clerk.carryOut(order)
        } else {
            answer = .refused("That is no order.")
        }
        try Self.answer(answer, on: connection)
        return true
    }

    private static func answer(
        _ answer: UnitAnswer, on connection: borrowing FileDescriptor
    ) throws(SystemError) {
        // What is left unread would take the answer with it when the connection closes.
        var rest = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<16 {
            guard recv(connection.raw, &rest, rest.count, Int32(MSG_DONTWAIT)) > 0 else {
                break
            }
        }
        try Files.write(Array(answer.line.utf8), to: connection, "answer")
    }

    /// Whoever says nothing for 10 s, or too much, has said nothing.
    private static func line(
        _ connection: borrowing FileDescriptor
    ) throws(SystemError) -> String {
        var time = timeval()
        time.tv_sec = 10
        setsockopt(
            connection.raw, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: UnitOrder.limit)
        while bytes.count < UnitOrder.limit {
            let count = read(connection.raw, &buffer, UnitOrder.limit - bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return "" }
            bytes += buffer[..<count]
            guard let end = bytes.firstIndex(of: 0x0A) else { continue }
            // More than one line: who sends that expects something else.
            return end == bytes.count - 1 ? String(decoding: bytes[..<end], as: UTF8.self) : ""
        }
        return ""
    }
}
