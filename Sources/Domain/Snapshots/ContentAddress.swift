import Basics

/// The SHA-256 of what it names, as 64 lower-case hexadecimal digits.
package struct ContentAddress: Sendable, Hashable, CustomStringConvertible {
    package let hex: String

    package init?(hex: String) {
        guard hex.utf8.count == 64,
            hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        self.hex = hex
    }

    /// `nil` unless there are 32 bytes.
    package init?(digest: [UInt8]) {
        guard digest.count == 32 else { return nil }
        hex = Hex.encode(digest)
    }

    package var description: String { hex }
}
