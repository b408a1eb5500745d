/// An id that knows what it names: the id of a team is not the id of a device.
///
/// On the wire and in the database it is its text, `[a-z0-9]{16,26}`.
package struct Identifier<Entity>: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// `nil` for anything that is not 16 to 26 lower-case letters and digits.
    package init?(_ text: String) {
        guard (16...26).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        else { return nil }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// A new id of 20 letters and digits: 103 random bits.
    package static func random() -> Identifier {
        Identifier(unchecked: Randomness.text(count: 20, from: .lowercaseAlphanumerics))
    }

    package var description: String { text }
}
