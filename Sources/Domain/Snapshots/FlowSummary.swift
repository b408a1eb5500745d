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
        guard let now = Self.read(flows) else {
            text = "Flows that could not be compared"
            return
        }
        guard let previous else {
            text = "First version: \(now.contents)"
            return
        }
        guard let before = Self.read(previous) else {
            text = "\(now.contents), after flows that could not be compared"
            return
        }
        let comparison = FlowComparison(from: before, to: now, match: .id)
        switch (Self.sentence(comparison), credentialsChanged) {
        case (let sentence?, _): text = sentence
        case (nil, true): text = "Credentials changed"
        case (nil, false): text = "No changes"
        }
    }

    /// `nil` for anything that is not a list of objects with ids, and for too many of them: one
    /// line about a deploy is not worth the memory of the whole site.
    private static func read(_ flows: [UInt8]) -> FlowDocument? {
        guard let document = try? FlowDocument(reading: flows), document.strays.isEmpty,
            document.nodes.allSatisfy({ $0.id != nil })
        else { return nil }
        return document
    }

    /// `nil` where nothing differs.
    private static func sentence(_ comparison: FlowComparison) -> String? {
        var nodes = ChangeCounts()
        var tabs: [String] = []
        for change in comparison.nodes {
            let node = node(change.from, change.to, in: comparison)
            if node?.kind == .tab {
                let name = node.flatMap { $0.name.isEmpty ? nil : "\($0.name.prefix(60)) " } ?? ""
                tabs.append("tab \(name)\(change.change.rawValue)")
            } else {
                nodes.count(change.change)
            }
        }
        var parts: [String] = []
        for (count, word) in [
            (nodes.added, "added"), (nodes.changed, "changed"), (nodes.removed, "removed"),
            (nodes.moved, "moved"),
        ] where count > 0 {
            let noun = parts.isEmpty ? (count == 1 ? " node" : " nodes") : ""
            parts.append("\(count)\(noun) \(word)")
        }
        if let last = parts.popLast() { parts.append(last + place(comparison)) }
        parts += tabs.count > 2 ? ["\(tabs.count) tabs changed"] : tabs
        guard let first = parts.first else { return nil }
        let text = ([first] + parts.dropFirst()).joined(separator: ", ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// Where nodes differ: " on Line 3"; nothing where they lie on no tab.
    private static func place(_ comparison: FlowComparison) -> String {
        let places = comparison.containers.filter { $0.kind != .global && $0.counts.all > 0 }
        guard let place = places.first else { return "" }
        guard places.count == 1 else { return " on \(places.count) tabs" }
        let name = node(place.from, place.to, in: comparison)?.name ?? ""
        return " on \(name.isEmpty ? "one tab" : String(name.prefix(60)))"
    }

    /// As it is now, or was before it went.
    private static func node(
        _ from: Int?, _ to: Int?, in comparison: FlowComparison
    ) -> FlowNode? {
        to.map { comparison.to.nodes[$0] } ?? from.map { comparison.from.nodes[$0] }
    }
}
