extension Configuration {
    /// The file's text over the defaults.
    /// - Throws: everything that is wrong in it, not only the first.
    package init(yaml bytes: [UInt8]) throws(ConfigurationFault) {
        self.init()
        let document: YAMLNode
        do { document = try YAMLReader.read(bytes) } catch {
            throw ConfigurationFault(faults: [error])
        }
        var faults: [YAMLFault] = []
        if case .mapping(let entries) = document.content {
            read(entries, under: "", into: &faults)
        } else {
            faults.append(
                YAMLFault(line: document.line, reason: "a key and its value are expected here"))
        }
        if faults.isEmpty { faults = contradictions(in: document) }
        guard faults.isEmpty else {
            throw ConfigurationFault(faults: faults.sorted { $0.line < $1.line })
        }
    }

    /// - Parameter path: the named file, which must be there; `nil` means the usual place, where
    ///   none is needed.
    package static func load(_ path: String?) throws(ConfigurationFault) -> Configuration {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path ?? defaultPath, limit: .mebibytes(1))
        } catch {
            if path == nil, error.isMissing { return Configuration() }
            throw ConfigurationFault(faults: [YAMLFault(line: 1, reason: error.description)])
        }
        return try Configuration(yaml: bytes)
    }

    private mutating func read(
        _ entries: [YAMLNode.Entry], under prefix: String, into faults: inout [YAMLFault]
    ) {
        let keys = Self.keys
        for entry in entries {
            let path = prefix + entry.key
            if let key = keys.first(where: { $0.path == path }) {
                if entry.value.isNull {
                    faults.append(
                        YAMLFault(
                            line: entry.line,
                            reason: "'\(path)' has no value; without the line the default holds"))
                    continue
                }
                do throws(YAMLFault) { try key.read(entry.value, &self) } catch {
                    faults.append(error)
                }
            } else if keys.contains(where: { $0.path.hasPrefix(path + ".") }) {
                if case .mapping(let inner) = entry.value.content {
                    read(inner, under: path + ".", into: &faults)
                } else if !entry.value.isNull {
                    faults.append(
                        YAMLFault(
                            line: entry.line,
                            reason: "'\(path)' is a group of keys, not \(entry.value.kind)"))
                }
            } else {
                faults.append(Self.unknown(path, line: entry.line))
            }
        }
    }

    /// What is right by itself but not together.
    private func contradictions(in document: YAMLNode) -> [YAMLFault] {
        let ports = [
            ("listen.platform", listen.platform), ("listen.editors", listen.editors),
            ("listen.pages", listen.pages), ("listen.broker", listen.broker),
        ]
        var faults: [YAMLFault] = []
        for (index, (path, port)) in ports.enumerated() where port != 0 {
            guard let other = ports[..<index].first(where: { $0.1 == port }) else { continue }
            faults.append(
                YAMLFault(
                    line: document.line(of: path) ?? document.line(of: other.0) ?? 1,
                    reason: "'\(path)' and '\(other.0)' are both \(port)"))
        }
        if listen.addresses.isEmpty {
            faults.append(
                YAMLFault(
                    line: document.line(of: "listen.addresses") ?? 1,
                    reason: "'listen.addresses' must name at least one address"))
        }
        return faults
    }

    private static func unknown(_ path: String, line: Int) -> YAMLFault {
        let known = Set(
            keys.flatMap { key in
                // Groups count too: "listen" as well as "listen.platform".
                [key.path] + key.path.split(separator: ".").dropLast().map(String.init)
            })
        let last = path.split(separator: ".").last.map(String.init) ?? path
        let nearest = known.map { candidate in
            let end = candidate.split(separator: ".").last.map(String.init) ?? candidate
            return (candidate, min(distance(candidate, path), distance(end, last)))
        }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        let hint =
            if let nearest, nearest.1 <= max(2, last.count / 3) {
                "; did you mean '\(nearest.0)'?"
            } else { "" }
        return YAMLFault(line: line, reason: "there is no key '\(path)'\(hint)")
    }

    /// Levenshtein: letters to add, drop or change, capitals apart.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().utf8.prefix(100))
        let right = Array(right.lowercased().utf8.prefix(100))
        var row = Array(0...right.count)
        for (i, one) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let changed = diagonal + (one == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}

extension YAMLNode {
    /// The line of a key by its path, "listen.platform".
    fileprivate func line(of path: String) -> Int? {
        guard case .mapping(let entries) = content else { return nil }
        let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
        guard let entry = entries.first(where: { $0.key == parts.first }) else { return nil }
        return parts.count == 1 ? entry.line : entry.value.line(of: parts[1])
    }
}
