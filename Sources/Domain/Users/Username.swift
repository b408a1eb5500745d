/// What somebody types to sign in: 2 to 64 of `a–z 0–9 . _ @ + -`, begun by a letter or digit.
package struct Username: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Capital letters become small ones.
    package init(validating text: String) throws(ValidationFault) {
        let text = text.trimmingBlanks().lowercased()
        guard (2...64).contains(text.utf8.count) else {
            throw ValidationFault("must be 2 to 64 characters")
        }
        guard text.utf8.allSatisfy({ $0.isSmallAlphanumeric || ".-_@+".utf8.contains($0) }),
            text.utf8.first?.isSmallAlphanumeric == true
        else {
            throw ValidationFault("may hold only letters a–z, digits and . _ @ + -")
        }
        // Deploys of the appliance itself bear this name inside Node-RED.
        guard text != "lineside" else { throw ValidationFault("is the appliance's own") }
        self.text = text
    }

    package init(stored text: String) { self.text = text }

    package var description: String { text }
}

extension UInt8 {
    var isSmallAlphanumeric: Bool { (0x61...0x7A).contains(self) || (0x30...0x39).contains(self) }
    var isAlphanumeric: Bool { isSmallAlphanumeric || (0x41...0x5A).contains(self) }
}
