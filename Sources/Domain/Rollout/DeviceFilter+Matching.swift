extension DeviceFilter {
    package func matches(_ device: Device) -> Bool {
        matches(name: device.name.text, type: device.type, tags: device.tags)
    }

    package func matches(name: String, type: String, tags: [DeviceTag]) -> Bool {
        guard self.tags.allSatisfy(tags.contains), self.type.map({ $0 == type }) ?? true else {
            return false
        }
        return namePattern.map { Self.holds(name, $0) } ?? true
    }

    /// A filter that says nothing would gather every device of the application.
    package var isEmpty: Bool { tags.isEmpty && type == nil && namePattern == nil }

    /// Parts between the stars, one after the other, the first that fits: no name makes it slow.
    private static func holds(_ name: String, _ pattern: String) -> Bool {
        var rest = Array(name.lowercased().utf8)[...]
        for part in pattern.lowercased().utf8.split(separator: UInt8(ascii: "*")) {
            let part = Array(part)
            guard part.count <= rest.count else { return false }
            let starts = rest.indices.dropLast(part.count - 1)
            guard
                let start = starts.first(where: { rest[$0..<$0 + part.count].elementsEqual(part) })
            else { return false }
            rest = rest[(start + part.count)...]
        }
        return true
    }
}
