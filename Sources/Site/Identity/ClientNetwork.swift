import Basics
import Glibc

/// What limits count as one client.
enum ClientNetwork {
    /// A v6 subscriber has a whole /64: its first half stands for it. A v4 address stands for
    /// itself, in either writing; so does what is none.
    static func of(_ address: String) -> String {
        guard address.contains(":") else { return address }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
        if isMapped { return bytes[12...].map(String.init).joined(separator: ".") }
        return Hex.encode(bytes[0..<8])
    }
}
