/// A version after Semantic Versioning 2.0.0, as far as putting versions in order needs it.
package struct SemanticVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
    private enum Part: Sendable, Equatable {
        case number(Int)
        case text(String)
    }

    package let text: String
    package let major: Int
    package let minor: Int
    package let patch: Int
    private let prerelease: [Part]

    /// `nil` for what npm would not take either: leading zeros, a fourth number, foreign letters.
    package init?(_ text: String) {
        guard text.utf8.count <= 256 else { return nil }
        let plain = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        guard plain.allSatisfy(Self.isPlain) else { return nil }
        let halves = plain[0].split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false)
            .map(Self.number)
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1],
            let patch = numbers[2]
        else { return nil }
        var parts: [Part] = []
        if halves.count == 2 {
            for part in halves[1].split(separator: ".", omittingEmptySubsequences: false) {
                guard !part.isEmpty else { return nil }
                parts.append(Self.number(part).map(Part.number) ?? .text(String(part)))
            }
        }
        (self.major, self.minor, self.patch) = (major, minor, patch)
        prerelease = parts
        self.text = text
    }

    package var description: String { text }
    package var isPrerelease: Bool { !prerelease.isEmpty }

    /// What `^` lets pass for one another: the same first number that is not 0.
    package var line: [Int] {
        if major > 0 { return [major] }
        return minor > 0 ? [0, minor] : [0, 0, patch]
    }

    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        let one = (left.major, left.minor, left.patch)
        let other = (right.major, right.minor, right.patch)
        guard one == other else { return one < other }
        guard left.isPrerelease, right.isPrerelease else {
            return left.isPrerelease && !right.isPrerelease
        }
        for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
            switch (one, other) {
            case (.number(let one), .number(let other)): return one < other
            case (.text(let one), .text(let other)):
                return one.utf8.lexicographicallyPrecedes(other.utf8)
            case (.number, .text): return true
            case (.text, .number): return false
            }
        }
        return left.prerelease.count < right.prerelease.count
    }

    private static func isPlain(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || byte == 0x2D || byte == 0x2E
            }
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 15,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || text.first != "0"
        else { return nil }
        return Int(text)
    }
}
