/// Topic names and filters as MQTT §4.7 and §4.8.2 have them.
package enum MQTTTopic {
    private static let slash = UInt8(ascii: "/")
    private static let plus = UInt8(ascii: "+")
    private static let hash = UInt8(ascii: "#")
    private static let shared = "$share/"

    package static func isName(_ topic: String) -> Bool {
        let bytes = topic.utf8
        return !bytes.isEmpty && bytes.count <= 65_535
            && !bytes.contains { $0 == plus || $0 == hash || $0 == 0 }
    }

    package static func isShared(_ filter: String) -> Bool { filter.hasPrefix(shared) }

    package static func isFilter(_ filter: String) -> Bool {
        guard filter.utf8.count <= 65_535, !filter.utf8.contains(0) else { return false }
        guard isShared(filter) else { return isPlainFilter(filter.utf8) }
        let rest = filter.utf8.dropFirst(shared.utf8.count)
        guard let end = rest.firstIndex(of: slash), end > rest.startIndex else { return false }
        let name = rest[..<end]
        return !name.contains { $0 == plus || $0 == hash }
            && isPlainFilter(rest[rest.index(after: end)...])
    }

    private static func isPlainFilter(_ filter: some Collection<UInt8>) -> Bool {
        guard !filter.isEmpty else { return false }
        let levels = filter.split(separator: slash, omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.contains(hash), level.count > 1 || index < levels.count - 1 { return false }
            if level.contains(plus), level.count > 1 { return false }
        }
        return true
    }

    /// Whether a message on `topic` reaches a subscription to `filter`. Wildcards at the first
    /// level pass by topics that begin with `$`.
    package static func matches(_ topic: String, _ filter: String) -> Bool {
        var filter = Substring(filter)
        if isShared(String(filter)) {
            let rest = filter.utf8.dropFirst(shared.utf8.count)
            guard let end = rest.firstIndex(of: slash) else { return false }
            filter = filter[filter.utf8.index(after: end)...]
        }
        let names = topic.utf8.split(separator: slash, omittingEmptySubsequences: false)
        let levels = filter.utf8.split(separator: slash, omittingEmptySubsequences: false)
        if topic.utf8.first == UInt8(ascii: "$"),
            levels[0].first == plus || levels[0].first == hash
        {
            return false
        }
        for (index, level) in levels.enumerated() {
            if level.first == hash { return true }
            guard index < names.count else { return false }
            guard level.first == plus || level.elementsEqual(names[index]) else { return false }
        }
        return names.count == levels.count
    }
}
