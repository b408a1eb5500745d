/// What people call a thing: 1 to 80 characters on one line, without invisible tricks.
package struct Name<Entity>: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Blanks at both ends are cut off.
    package init(validating text: String) throws(ValidationFault) {
        let text = text.trimmingBlanks()
        guard !text.isEmpty else { throw ValidationFault("must not be empty") }
        guard text.unicodeScalars.count <= 80 else {
            throw ValidationFault("must be at most 80 characters")
        }
        guard !text.unicodeScalars.contains(where: \.isInvisible) else {
            throw ValidationFault("must not hold line breaks or invisible characters")
        }
        self.text = text
    }

    /// From the database, where only valid names were written.
    package init(stored text: String) { self.text = text }

    package var description: String { text }
}

/// Some lines that a person wrote: a description, a note.
package struct Note: Sendable, Hashable {
    package let text: String

    package init(validating text: String) throws(ValidationFault) {
        guard text.utf8.count <= 4096 else { throw ValidationFault("must be at most 4096 bytes") }
        guard !text.unicodeScalars.contains(where: { $0.isInvisible && !$0.isLineLayout }) else {
            throw ValidationFault("must not hold control characters")
        }
        self.text = text
    }

    package init(stored text: String) { self.text = text }

    package static let empty = Note(stored: "")
}

extension String {
    func trimmingBlanks() -> String {
        let blank: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}

extension Unicode.Scalar {
    /// Controls, line separators and the marks that turn reading order around.
    var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format, .privateUse, .unassigned:
            true
        default: false
        }
    }

    var isLineLayout: Bool { self == "\n" || self == "\r" || self == "\t" || value == 0x200D }
}
