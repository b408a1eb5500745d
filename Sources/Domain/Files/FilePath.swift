/// A place in the files area of an instance, relative to it: names with slashes between them. The
/// area itself is the empty path.
package struct FilePath: Sendable, Hashable, CustomStringConvertible {
    /// Linux takes 4,095 bytes in a call, and something stands before ours.
    package static let longest = 3_000
    package static let deepest = 64

    package let names: [String]

    package static let root = FilePath(names: [])

    private init(names: [String]) { self.names = names }

    /// For what may be there already, whoever made it: any letters but NUL and the slash.
    package init(validating text: String) throws(ValidationFault) {
        guard text.utf8.count <= Self.longest else {
            throw ValidationFault("must be at most \(Self.longest) bytes")
        }
        let parts = text.isEmpty ? [] : text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= Self.deepest else {
            throw ValidationFault("must be at most \(Self.deepest) folders deep")
        }
        for part in parts {
            guard !part.isEmpty, part != ".", part != "..", !part.utf8.contains(0) else {
                throw ValidationFault("must be relative, without empty parts, . and ..")
            }
            guard part.utf8.count <= 255 else {
                throw ValidationFault("may hold no name of more than 255 bytes")
            }
        }
        names = parts.map(String.init)
    }

    /// For what is to be made: no control characters either, which flows may use but people cannot
    /// see.
    package init(new text: String) throws(ValidationFault) {
        try self.init(validating: text)
        guard !names.isEmpty else { throw ValidationFault("must name something") }
        let hasControls = text.unicodeScalars.contains { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                || (0x2028...0x202E).contains(scalar.value)
        }
        guard !hasControls else { throw ValidationFault("may hold no control characters") }
    }

    package var isRoot: Bool { names.isEmpty }
    package var text: String { names.joined(separator: "/") }
    package var description: String { text }
    /// `nil` for the area itself.
    package var name: String? { names.last }
    package var parent: FilePath { FilePath(names: names.dropLast()) }

    package func appending(_ name: String) -> FilePath { FilePath(names: names + [name]) }

    /// Whether it is `other` or lies in it.
    package func isInside(_ other: FilePath) -> Bool {
        names.count >= other.names.count
            && zip(names, other.names).allSatisfy { Array($0.utf8) == Array($1.utf8) }
    }
}

extension FilePath {
    private init(names: ArraySlice<String>) { self.init(names: Array(names)) }
}
