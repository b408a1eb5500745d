import Glibc

extension Configuration {
    /// A key of the file: how its value is read, and how the one in force is shown.
    package struct Key {
        /// "listen.platform"
        package let path: String
        let read: (YAMLNode, inout Configuration) throws(YAMLFault) -> Void
        /// As it would stand in the file.
        package let show: (Configuration) -> String
    }

    /// Every key that there is. A key that is not here is an error in the file.
    package static var keys: [Key] {
        [
            text("state", \.state, "the absolute path of a directory") { $0.hasPrefix("/") },
            texts("names", \.names, "a host name or address", isHost),
            texts("listen.addresses", \.listen.addresses, "an IP address", isAddress),
            number("listen.platform", \.listen.platform, 0...65_535),
            number("listen.editors", \.listen.editors, 0...65_535),
            number("listen.pages", \.listen.pages, 0...65_535),
            number("listen.broker", \.listen.broker, 0...65_535),
            choice("instances.backend", \.instances.backend, Instances.Backend.allCases) {
                $0.rawValue
            },
            number("instances.defaultMemoryMB", \.instances.defaultMemoryMB, 64...65_536),
            flag("instances.practice", \.instances.practice),
            flag("instances.stopOnExit", \.instances.stopOnExit),
            flag("broker.enabled", \.broker.enabled),
            texts(
                "broker.plain", \.broker.plain, "an IP address and a port, as in 10.0.0.5:1883",
                { addressAndPort($0) != nil }),
            text("broker.external.host", \.broker.externalHost, "an IP address") {
                $0.isEmpty || isAddress($0)
            },
            number("broker.external.port", \.broker.externalPort, 1...65_535),
            text("broker.external.user", \.broker.externalUser, "a user name") { _ in true },
            text(
                "broker.external.passwordFile", \.broker.externalPasswordFile,
                "the absolute path of a file"
            ) { $0.isEmpty || $0.hasPrefix("/") },
            text(
                "broker.external.authority", \.broker.externalAuthority,
                "the absolute path of a file"
            ) { $0.isEmpty || $0.hasPrefix("/") },
            number("limits.connections", \.limits.connections, 16...1_000_000),
            number("limits.connectionsPerAddress", \.limits.connectionsPerAddress, 4...1_000_000),
            number("limits.stackMB", \.limits.stackMB, 1...4_096),
            choice("log.level", \.logLevel, Log.Level.allCases) { $0.word },
        ]
    }

    private static func number(
        _ path: String, _ field: WritableKeyPath<Configuration, Int>, _ range: ClosedRange<Int>
    ) -> Key {
        Key(path: path) { (node, configuration) throws(YAMLFault) in
            guard case .scalar(let text, quoted: false) = node.content, let value = Int(text),
                range.contains(value)
            else {
                throw YAMLFault(
                    line: node.line,
                    reason: "'\(path)' must be a whole number from "
                        + "\(range.lowerBound) to \(range.upperBound)")
            }
            configuration[keyPath: field] = value
        } show: {
            String($0[keyPath: field])
        }
    }

    private static func flag(
        _ path: String, _ field: WritableKeyPath<Configuration, Bool>
    ) -> Key {
        choice(path, field, [true, false]) { $0 ? "true" : "false" }
    }

    private static func choice<Value: Equatable>(
        _ path: String, _ field: WritableKeyPath<Configuration, Value>, _ values: [Value],
        _ word: @escaping (Value) -> String
    ) -> Key {
        Key(path: path) { (node, configuration) throws(YAMLFault) in
            guard case .scalar(let text, _) = node.content,
                let value = values.first(where: { word($0) == text })
            else {
                let words = values.map(word).joined(separator: ", ")
                throw YAMLFault(line: node.line, reason: "'\(path)' must be one of \(words)")
            }
            configuration[keyPath: field] = value
        } show: {
            word($0[keyPath: field])
        }
    }

    private static func text(
        _ path: String, _ field: WritableKeyPath<Configuration, String>, _ what: String,
        _ valid: @escaping (String) -> Bool
    ) -> Key {
        Key(path: path) { (node, configuration) throws(YAMLFault) in
            guard case .scalar(let text, _) = node.content, valid(text) else {
                throw YAMLFault(line: node.line, reason: "'\(path)' must be \(what)")
            }
            configuration[keyPath: field] = text
        } show: {
            $0[keyPath: field]
        }
    }

    private static func texts(
        _ path: String, _ field: WritableKeyPath<Configuration, [String]>, _ what: String,
        _ valid: @escaping (String) -> Bool
    ) -> Key {
        Key(path: path) { (node, configuration) throws(YAMLFault) in
            guard case .sequence(let elements) = node.content else {
                throw YAMLFault(
                    line: node.line, reason: "'\(path)' must be a list, as in [one, two]")
            }
            var values: [String] = []
            for element in elements {
                guard case .scalar(let text, _) = element.content, valid(text) else {
                    throw YAMLFault(
                        line: element.line, reason: "each entry of '\(path)' must be \(what)")
                }
                values.append(text.lowercased())
            }
            configuration[keyPath: field] = values
        } show: {
            "[" + $0[keyPath: field].map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        }
    }

    /// `10.0.0.5:1883` or `[fd00::5]:1883`.
    package static func addressAndPort(_ text: String) -> (address: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var address = String(text[..<colon])
        if address.hasPrefix("["), address.hasSuffix("]") {
            address = String(address.dropFirst().dropLast())
        } else if address.contains(":") {
            return nil
        }
        return isAddress(address) ? (address, port) : nil
    }

    private static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }

    private static func isHost(_ text: String) -> Bool {
        if isAddress(text) { return true }
        // RFC 1123 §2.1; 253 letters fit into the 255 bytes of RFC 1035 §2.3.4.
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }
}
