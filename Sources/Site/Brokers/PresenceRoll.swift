/// Who is connected, from what the plugin says: single events with numbers, and whole lists.
struct PresenceRoll {
    private(set) var present: Set<String> = []
    private var listed: Set<String> = []
    /// Of the last event; `nil` before the first list.
    private var number: UInt64?

    /// `nil` before the first list.
    func isPresent(_ name: String) -> Bool? {
        number == nil ? nil : present.contains(name)
    }

    /// - Returns: what is new, and whether nothing was missed.
    mutating func read(_ text: String) -> (events: [FleetPresence], isComplete: Bool) {
        let words = text.split(separator: " ").map(String.init)
        switch words.first {
        case "=":
            listed.formUnion(words.dropFirst())
            return ([], true)
        case ".":
            guard words.count == 2, let last = UInt64(words[1]) else { return ([], true) }
            defer { (present, listed, number) = (listed, [], last) }
            let came = listed.subtracting(present).map {
                FleetPresence.came(name: $0, address: nil)
            }
            return (present.subtracting(listed).map { .left(name: $0) } + came, true)
        case "+", "-":
            guard words.count >= 3, let new = UInt64(words[1]) else { return ([], true) }
            // The list that was asked for tells it too.
            guard let old = number else { return ([], true) }
            guard new > old else { return ([], true) }
            number = new
            let name = words[2]
            let isComplete = new == old + 1
            if words[0] == "+" {
                present.insert(name)
                let address = words.count > 3 ? words[3] : nil
                return ([.came(name: name, address: address)], isComplete)
            }
            guard present.remove(name) != nil else { return ([], isComplete) }
            return ([.left(name: name)], isComplete)
        default: return ([], true)
        }
    }
}
