import Basics
import Domain

/// The users of the broker as the plugin reads them, and what changes them; `access.h` of the
/// plugin has the grammar. Pure.
struct AccessFile {
    private(set) var generation: UInt64
    private(set) var users: [String: BrokerUser] = [:]
    private var sets: [[AccessRule]: String] = [:]
    private var nextSet = 0

    init(generation: UInt64) { self.generation = generation }

    /// Everything, as a file of one change.
    var whole: [UInt8] {
        var text = "lineside-access 1\ng \(generation)\n"
        for (rules, name) in sets.sorted(by: { $0.value < $1.value }) {
            Self.add(rules, name, &text)
        }
        for user in users.values.sorted(by: { $0.name < $1.name }) { add(user, &text) }
        return Array((text + "e \(generation)\n").utf8)
    }

    /// - Returns: the change; `nil` if there is none.
    mutating func change(
        put: [BrokerUser] = [], remove: [String] = [], kick: [String] = []
    ) -> [UInt8]? {
        let news = put.filter { users[$0.name] != $0 && Self.isName($0.name) }
        let gone = remove.filter { users[$0] != nil }
        let kicked = kick.filter { users[$0] != nil }
        guard !news.isEmpty || !gone.isEmpty || !kicked.isEmpty else { return nil }
        generation += 1
        var text = "g \(generation)\n"
        for user in news {
            if sets[user.rules] == nil {
                let name = take(user.rules)
                Self.add(user.rules, name, &text)
            }
            users[user.name] = user
            add(user, &text)
        }
        for name in gone {
            users[name] = nil
            text += "d \(name)\n"
        }
        for name in kicked { text += "k \(name)\n" }
        return Array((text + "e \(generation)\n").utf8)
    }

    /// Takes all of them instead of what there was.
    mutating func replace(_ all: [BrokerUser]) {
        generation += 1
        users = [:]
        sets = [:]
        for user in all where Self.isName(user.name) {
            users[user.name] = user
            if sets[user.rules] == nil { _ = take(user.rules) }
        }
    }

    private mutating func take(_ rules: [AccessRule]) -> String {
        nextSet += 1
        let name = "s\(nextSet)"
        sets[rules] = name
        return name
    }

    private static func add(_ rules: [AccessRule], _ name: String, _ text: inout String) {
        var lines: [String] = []
        for rule in rules {
            if rule.access != .subscribe {
                lines.append("\(rule.keeps ? "k" : "p") \(rule.filter)\n")
            }
            if rule.access != .publish { lines.append("s \(rule.filter)\n") }
        }
        text += "r \(name) \(lines.count)\n"
        for line in lines { text += line }
    }

    private func add(_ user: BrokerUser, _ text: inout String) {
        let digest = user.secretDigest.map { Hex.encode($0) } ?? "-"
        text += "u \(user.name) \(user.mayUseCertificate ? "c" : "-") \(digest) "
        text += sets[user.rules] ?? "none"
        if let team = user.team { text += " t=\(team)" }
        if let device = user.device { text += " d=\(device)" }
        if let application = user.application { text += " a=\(application)" }
        text += "\n"
    }

    /// As the plugin takes them; nothing else is ever made.
    private static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count) && name != TopicGrammar.link
            && !name.utf8.contains { $0 <= 0x20 || $0 == 0x7F || "+#/%*".utf8.contains($0) }
    }
}
