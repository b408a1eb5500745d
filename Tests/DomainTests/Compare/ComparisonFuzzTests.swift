import Basics
import Domain
import FoundationEssentials
import Testing

/// 5,000 rounds with LINESIDE_LONG=1, 60 otherwise; a round is named by its seed.
@Suite("Comparisons of random flows", .timeLimit(.minutes(10))) struct ComparisonFuzzTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["LINESIDE_LONG"] == nil ? 60 : 5000

    private static func compare(
        _ from: [JSONValue], _ to: [JSONValue], _ match: FlowComparison.Match = .auto
    ) -> FlowComparison {
        FlowComparison(from: FlowDocument(from), to: FlowDocument(to), match: match)
    }

    @Test(
        "What a comparison says, done to the earlier flows, gives the later ones to the last value",
        arguments: [false, true])
    func applied(hostile: Bool) {
        for seed in 0..<UInt64(Self.rounds) {
            var generator = FlowGenerator(seed: seed)
            let size = Int.random(in: 0..<60, using: &generator.random)
            let from = generator.flows(nodes: size)
            let edits = Int.random(in: 0..<25, using: &generator.random)
            var to = generator.edited(from, edits: edits, hostile: hostile)
            if generator.random.chance(30) { to = generator.renewed(to) }
            for match in FlowComparison.Match.allCases {
                for (from, to) in [(from, to), (to, from)] {
                    let comparison = Self.compare(from, to, match)
                    let applied = comparison.applied(to: FlowDocument(from))
                    #expect(
                        canonical(.array(applied)) == canonical(.array(to)),
                        "seed \(seed), matched by \(match.rawValue)")
                }
            }
        }
    }

    @Test("Seen from the other side, what was added was removed", arguments: [false, true])
    func symmetric(hostile: Bool) {
        for seed in 0..<UInt64(Self.rounds) {
            var generator = FlowGenerator(seed: seed ^ 0xABCD)
            let from = generator.flows(nodes: 40)
            var to = generator.edited(from, edits: 12, hostile: hostile)
            if generator.random.chance(40) { to = generator.renewed(to) }
            for match in FlowComparison.Match.allCases {
                let there = Self.compare(from, to, match)
                let back = Self.compare(to, from, match)
                #expect(there.counts.added == back.counts.removed, "seed \(seed)")
                #expect(there.counts.removed == back.counts.added, "seed \(seed)")
                #expect(there.isIdentical == back.isIdentical, "seed \(seed)")
                #expect(there.matchedBy == back.matchedBy, "seed \(seed)")
                // Which of two nodes with one id is meant has no answer.
                guard Self.hasUniqueIDs(from), Self.hasUniqueIDs(to) else { continue }
                #expect(there.counts.changed == back.counts.changed, "seed \(seed)")
                // Of two that changed places, either can be the one that moved.
                #expect(
                    there.unchanged + there.counts.moved == back.unchanged + back.counts.moved,
                    "seed \(seed)")
                #expect(there.straysDiffer == back.straysDiffer, "seed \(seed)")
            }
        }
    }

    private static func hasUniqueIDs(_ flows: [JSONValue]) -> Bool {
        let ids = FlowDocument(flows).nodes.compactMap(\.id)
        return Set(ids).count == ids.count
    }

    /// A folder of flows.json files from elsewhere; none is ours to carry.
    private static let folder = ProcessInfo.processInfo.environment["LINESIDE_FLOWS"]

    @Test("Flows of real plants, renewed and edited, compare as made ones do")
    func real() throws {
        guard let folder = Self.folder else {
            print("skipped: LINESIDE_FLOWS names no folder of flows.json files")
            return
        }
        var compared = 0
        for name in try Files.list(folder).sorted() where name.hasSuffix(".json") {
            let bytes = try Files.read("\(folder)/\(name)")
            guard let from = try? JSONReader.read(bytes, limit: bytes.count).array,
                !from.isEmpty, from.allSatisfy({ $0["id"]?.string != nil })
            else { continue }
            compared += 1
            var generator = FlowGenerator(seed: UInt64(bytes.count))
            let renewed = generator.renewed(from)
            #expect(Self.compare(from, renewed, .name).isIdentical, "\(name) renewed")
            for edits in [0, 1, 20, 200] {
                let to = generator.edited(from, edits: edits, hostile: false)
                for (from, to) in [(from, to), (to, from), (renewed, to)] {
                    for match in FlowComparison.Match.allCases {
                        let applied = Self.compare(from, to, match)
                            .applied(to: FlowDocument(from))
                        #expect(
                            canonical(.array(applied)) == canonical(.array(to)),
                            "\(name), \(edits) edits, matched by \(match.rawValue)")
                    }
                }
            }
        }
        #expect(compared > 0, "no flows in \(folder)")
        print("real flows compared: \(compared)")
    }

    @Test("Counts of nodes, of containers and of the list agree")
    func counts() {
        for seed in 0..<UInt64(Self.rounds) {
            var generator = FlowGenerator(seed: seed ^ 0x5555)
            let from = generator.flows(nodes: 30)
            let to = generator.edited(from, edits: 15, hostile: true)
            let comparison = Self.compare(from, to)
            #expect(comparison.counts.all == comparison.nodes.count, "seed \(seed)")
            let inside = comparison.containers.reduce(0) { $0 + $1.counts.all }
            let own = comparison.nodes.count { change in
                let node =
                    change.to.map { comparison.to.nodes[$0] }
                    ?? change.from.map { comparison.from.nodes[$0] }
                return node?.kind == .tab || node?.kind == .subflow
            }
            #expect(inside + own == comparison.nodes.count, "seed \(seed)")
            #expect(
                comparison.unchanged + comparison.counts.all - comparison.counts.removed
                    == comparison.to.nodes.count, "seed \(seed)")
        }
    }

    @Test("New ids alone are no difference, in the same order and in another one")
    func renewed() {
        for seed in 0..<UInt64(Self.rounds) {
            var generator = FlowGenerator(seed: seed ^ 0x1234)
            let size = Int.random(in: 1..<120, using: &generator.random)
            let from = generator.flows(nodes: size)
            var to = generator.renewed(from)
            for match in [FlowComparison.Match.auto, .name] {
                let comparison = Self.compare(from, to, match)
                #expect(comparison.isIdentical, "seed \(seed)")
                #expect(comparison.matchedBy == .name, "seed \(seed)")
            }
            to.shuffle(using: &generator.random)
            let shuffled = Self.compare(from, to)
            let counts = shuffled.counts
            #expect(counts.all == counts.moved, "seed \(seed): \(counts)")
        }
    }

    @Test("Edits after ids were renewed are found as they are among old ids, or nearly")
    func renewedAndEdited() {
        var (found, known) = (0, 0)
        for seed in 0..<UInt64(Self.rounds) {
            var generator = FlowGenerator(seed: seed ^ 0x7777)
            let from = generator.flows(nodes: 80)
            let to = generator.edited(from, edits: 8)
            let byID = Self.compare(from, to, .id)
            let byName = Self.compare(from, generator.renewed(to), .name)
            known += byID.unchanged
            found += byName.unchanged
        }
        // Two nodes that nothing tells apart can be taken for each other.
        #expect(found * 100 >= known * 99, "\(found) of \(known)")
    }
}
