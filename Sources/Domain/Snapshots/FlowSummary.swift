import Basics

/// One line for people that says what a deploy changed: "2 nodes added, 1 changed on Line 3".
package struct FlowSummary: Sendable, Equatable {
    package let text: String

    /// - Parameters:
    ///   - previous: flows.json of the version before; `nil` for the first version.
    ///   - credentialsChanged: whether the encrypted credentials differ.
    package init(
        _ flows: [UInt8], since previous: [UInt8]?, credentialsChanged: Bool = false
    ) {
        guard let now = FlowNodes(flows) else {
            text = "Flows that could not be compared"
            return
        }
        guard let previous else {
            text = "First version: \(now.contents)"
            return
        }
        guard let before = FlowNodes(previous) else {
            text = "\(now.contents), after flows that could not be compared"
            return
        }
        let changes = FlowChanges(from: before, to: now)
        switch (changes.sentence, credentialsChanged) {
        case (let sentence?, _): text = sentence
        case (nil, true): text = "Credentials changed"
        case (nil, false): text = "No changes"
        }
    }
}

/// The nodes of a flows.json by id.
struct FlowNodes {
    private(set) var byID: [String: JSONObject] = [:]

    /// 2,000,000 values: 100,000 nodes of 20 fields, in some 100 MB of memory.
    private static let largest = 2_000_000

    /// `nil` for anything that is not a list of objects with ids, and for too many of them: one
    /// line about a deploy is not worth the memory of the whole site.
    init?(_ flows: [UInt8]) {
        guard
            let nodes = try? JSONReader.read(
                flows, limit: flows.count, values: Self.largest
            ).array
        else { return nil }
        for node in nodes {
            guard let node = node.object, let id = node["id"]?.string else { return nil }
            byID[id] = node
        }
    }

    func label(of id: String) -> String? {
        guard let node = byID[id] else { return nil }
        let text = node["label"]?.string ?? node["name"]?.string ?? ""
        return text.isEmpty ? nil : String(text.prefix(60))
    }

    /// "12 nodes on 2 tabs"
    var contents: String {
        let tabs = byID.values.filter { $0["type"]?.string == "tab" }.count
        let nodes = byID.count - tabs
        return "\(nodes) \(nodes == 1 ? "node" : "nodes") on \(tabs) \(tabs == 1 ? "tab" : "tabs")"
    }
}

/// What is different between two flows.
struct FlowChanges {
    private enum Kind: String, CaseIterable { case added, changed, removed, moved }

    private var nodes: [Kind: Int] = [:]
    private var tabs: [String] = []
    /// Tabs on which nodes differ, by id.
    private var places: Set<String> = []
    private var placeNames: [String: String] = [:]

    init(from before: FlowNodes, to now: FlowNodes) {
        let ids = Set(before.byID.keys).union(now.byID.keys).sorted()
        for id in ids {
            let (old, new) = (before.byID[id], now.byID[id])
            guard old != new, let node = new ?? old else { continue }
            let kind = Self.kind(old, new)
            if node["type"]?.string == "tab" {
                let name = now.label(of: id) ?? before.label(of: id)
                tabs.append("tab \(name.map { "\($0) " } ?? "")\(kind.rawValue)")
                continue
            }
            nodes[kind, default: 0] += 1
            guard let place = node["z"]?.string, !place.isEmpty else { continue }
            places.insert(place)
            placeNames[place] = now.label(of: place) ?? before.label(of: place)
        }
    }

    private static func kind(_ old: JSONObject?, _ new: JSONObject?) -> Kind {
        guard var old else { return .added }
        guard var new else { return .removed }
        for key in ["x", "y", "w", "h"] {
            old[key] = nil
            new[key] = nil
        }
        return old == new ? .moved : .changed
    }

    /// `nil` where nothing differs.
    var sentence: String? {
        var parts: [String] = []
        for kind in Kind.allCases {
            guard let count = nodes[kind] else { continue }
            let noun = parts.isEmpty ? (count == 1 ? " node" : " nodes") : ""
            parts.append("\(count)\(noun) \(kind.rawValue)")
        }
        if !parts.isEmpty {
            if places.count == 1, let place = places.first {
                parts[parts.count - 1] += " on \(placeNames[place] ?? "one tab")"
            } else if places.count > 1 {
                parts[parts.count - 1] += " on \(places.count) tabs"
            }
        }
        if tabs.count > 2 {
            parts.append("\(tabs.count) tabs changed")
        } else {
            parts += tabs
        }
        guard let first = parts.first else { return nil }
        let text = ([first] + parts.dropFirst()).joined(separator: ", ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
