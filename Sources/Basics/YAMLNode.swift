/// A piece of a YAML document with the line on which it begins, counted from 1.
package struct YAMLNode: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        /// - Parameter quoted: `"8443"` is a text where 8443 is a number.
        case scalar(String, quoted: Bool)
        case sequence([YAMLNode])
        /// In the order in which they stand; no key twice.
        case mapping([Entry])
    }

    package struct Entry: Sendable, Equatable {
        package let key: String
        package let line: Int
        package let value: YAMLNode
    }

    package let content: Content
    package let line: Int

    /// A key with nothing behind it, `~` or `null`.
    package var isNull: Bool {
        if case .scalar(let text, quoted: false) = content {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    /// "a list": what stands there, for a sentence that refuses it.
    package var kind: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a group of keys"
        }
    }
}

/// What is wrong in a file of configuration, and where.
package struct YAMLFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1.
    package let line: Int
    package let reason: String
    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }
    package var description: String { "line \(line): \(reason)" }
}
