/// The name of a node package: `express`, `@node-red/nodes`.
package struct PackageName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// As npm bounds it.
    package static let longest = 214

    package let text: String

    /// `nil` for anything that could be no directory below `node_modules`.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isScoped = text.hasPrefix("@")
        guard text.utf8.count <= Self.longest, parts.count == (isScoped ? 2 : 1) else {
            return nil
        }
        for (index, part) in parts.enumerated() {
            let name = isScoped && index == 0 ? part.dropFirst() : part
            guard let first = name.utf8.first, first != 0x2E, first != 0x5F || !isScoped,
                name.utf8.allSatisfy(Self.isAllowed)
            else { return nil }
        }
        guard text != "node_modules", text != "favicon.ico" else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// Without its scope.
    package var base: String {
        text.lastIndex(of: "/").map { String(text[text.index(after: $0)...]) } ?? text
    }

    package static func < (left: PackageName, right: PackageName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// Letters that stand in a URL as they are.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
