import Basics
import Testing

@testable import Domain

/// Flows that somebody made to keep the comparison busy. Each of these took hours or gigabytes.
@Suite("Comparison of hostile flows", .timeLimit(.minutes(10))) struct ComparisonBoundsTests {
    private func document(_ value: JSONValue) -> FlowDocument {
        FlowDocument([
            .object(JSONObject([("id", .string("a")), ("type", .string("x")), ("p", value)]))
        ])
    }

    private func shown(_ from: JSONValue, _ to: JSONValue) -> ShownComparison {
        ShownComparison(FlowComparison(from: document(from), to: document(to)))
    }

    @Test("An object whose 200,000 keys are all others is one changed value")
    func keys() throws {
        func object(_ prefix: String) -> JSONValue {
            .object(JSONObject((0..<200_000).map { ("\(prefix)\($0)", .bool(true)) }))
        }
        let change = try #require(shown(object("a"), object("b")).nodes.first)
        #expect(change.properties.map(\.path) == ["p"])
    }

    @Test("Lists in lists, as deep as a file may have them, are compared once")
    func nesting() throws {
        func nested(_ inner: JSONValue) -> JSONValue {
            (0..<60).reduce(inner) { value, _ in .array([value]) }
        }
        let change = try #require(
            shown(nested(.string("old")), nested(.string("new"))).nodes.first)
        #expect(change.properties.count == 1)
        #expect(change.properties.first?.from == .string("old"))
    }

    @Test("Lists of lists that begin and end differently are compared once at each depth")
    func forks() throws {
        func nested(_ inner: String) -> JSONValue {
            (0..<60).reduce(.string(inner)) { value, depth in
                .array([value, .string("\(inner)\(depth)")])
            }
        }
        #expect(shown(nested("old"), nested("new")).counts.changed == 1)
    }

    @Test("A text of a million empty lines is shown without lines")
    func lines() throws {
        let text = String(repeating: "\n", count: 1_000_000)
        let change = try #require(shown(.string(text), .string(text + "x")).nodes.first)
        #expect(change.properties.first?.lines == nil)
        let short = try #require(shown(.string("1\n2"), .string("1\n3")).nodes.first)
        #expect(short.properties.first?.lines?.count == 3)
    }

    @Test("Of more nodes than anybody reads, the first are listed and all are counted")
    func manyNodes() {
        let nodes = (0..<30_000).map { JSONValue.object(JSONObject([("id", .string("\($0)"))])) }
        let shown = ShownComparison(
            FlowComparison(from: FlowDocument([]), to: FlowDocument(nodes)))
        #expect(shown.counts.added == 30_000 && shown.nodes.count == 20_000)
        #expect(shown.warnings.count == 1)
    }

    private static let words = [
        "a", "b", "c", "__proto__", "constructor", "", "é", "e\u{301}", "t1", "subflow:a", "tab",
        "subflow", "group", "1e999", "-0", "NaN",
    ]

    private static func value(_ depth: Int, _ dice: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &dice) {
        case 0: .null
        case 1: .bool(.random(using: &dice))
        case 2: .number(["0", "-0", "1e999", "1.0", "1"].randomElement(using: &dice) ?? "0")
        case 3, 4: .string(words.randomElement(using: &dice) ?? "")
        case 5, 6:
            .array((0..<Int.random(in: 0..<4, using: &dice)).map { _ in value(depth - 1, &dice) })
        default: .object(object(depth - 1, &dice))
        }
    }

    private static func object(_ depth: Int, _ dice: inout SeededGenerator) -> JSONObject {
        let keys = ["id", "type", "z", "x", "y", "name", "wires", "env", "credentials", "p", "é"]
        return JSONObject(
            keys.shuffled(using: &dice).prefix(Int.random(in: 0..<9, using: &dice)).map {
                ($0, value(depth, &dice))
            })
    }

    @Test(
        "Whatever two lists hold, one is made of the other and the comparison",
        arguments: FlowComparison.Match.allCases)
    func anything(match: FlowComparison.Match) {
        for seed in 0..<600 {
            var dice = SeededGenerator(UInt64(seed))
            var from = (0..<Int.random(in: 0..<9, using: &dice)).map { _ in
                Self.value(4, &dice)
            }
            from += (0..<Int.random(in: 0..<9, using: &dice)).map { _ in
                .object(Self.object(3, &dice))
            }
            var to = from.filter { _ in Int.random(in: 0..<5, using: &dice) > 0 }
            to += (0..<Int.random(in: 0..<5, using: &dice)).map { _ in
                .object(Self.object(3, &dice))
            }
            to.shuffle(using: &dice)
            let (old, new) = (FlowDocument(from), FlowDocument(to))
            let comparison = FlowComparison(from: old, to: new, match: match)
            let made = comparison.applied(to: old)
            #expect(isSame(.array(made), .array(to)), "seed \(seed)")
            let counts = comparison.counts
            #expect(
                new.nodes.count
                    == comparison.unchanged + counts.added + counts.changed + counts.moved)
        }
    }
}
