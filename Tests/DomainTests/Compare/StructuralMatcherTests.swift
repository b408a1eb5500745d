import Basics
import Domain
import LinesideTesting
import Testing

@Suite("Matching by name") struct StructuralMatcherTests {
    private static func compare(
        _ from: [JSONValue], _ to: [JSONValue], _ match: FlowComparison.Match = .auto
    ) -> FlowComparison {
        FlowComparison(from: FlowDocument(from), to: FlowDocument(to), match: match)
    }

    /// Names of what changed, with what became of it.
    private static func changes(_ comparison: FlowComparison) -> [String] {
        ShownComparison(comparison).nodes.map { "\($0.change.rawValue) \($0.type) \($0.name)" }
    }

    /// A tab with a subflow's instance, links, a group and a broker, under ids of its own.
    private static func plant(
        _ prefix: String, label: String = "Line 3", scale: String = "scale",
        code: String = "return msg;"
    ) -> [JSONValue] {
        func id(_ name: String) -> JSONValue { .string("\(prefix)-\(name)") }
        return [
            ["id": id("tab"), "type": "tab", "label": .string(label)],
            [
                "id": id("sub"), "type": "subflow", "name": "Limits",
                "in": [["wires": [["id": id("s1")]]]],
            ],
            [
                "id": id("s1"), "type": "switch", "z": id("sub"), "name": "", "x": 1, "y": 1,
                "wires": [],
            ],
            ["id": id("broker"), "type": "mqtt-broker", "name": "", "broker": "10.0.0.1"],
            ["id": id("spare"), "type": "mqtt-broker", "name": "", "broker": "10.0.0.1"],
            [
                "id": id("group"), "type": "group", "z": id("tab"), "name": "Read",
                "nodes": [id("in"), id("f")], "x": 1, "y": 1, "w": 9, "h": 9,
            ],
            [
                "id": id("in"), "type": "mqtt in", "z": id("tab"), "g": id("group"), "name": "",
                "topic": "a", "broker": id("broker"), "x": 1, "y": 1, "wires": [[id("f")]],
            ],
            [
                "id": id("f"), "type": "function", "z": id("tab"), "g": id("group"),
                "name": .string(scale), "func": .string(code), "x": 2, "y": 1,
                "wires": [[id("i"), id("out")]],
            ],
            [
                "id": id("i"), "type": .string("subflow:\(prefix)-sub"), "z": id("tab"), "name": "",
                "env": [["name": "B", "type": "conf", "value": id("spare")]], "x": 3, "y": 1,
                "wires": [[]],
            ],
            [
                "id": id("out"), "type": "link out", "z": id("tab"), "name": "",
                "links": [id("lin")],
                "x": 3, "y": 2, "wires": [],
            ],
            [
                "id": id("lin"), "type": "link in", "z": id("tab"), "name": "",
                "links": [id("out")],
                "x": 4, "y": 2, "wires": [[]],
            ],
        ]
    }

    @Test("References to subflows, brokers, groups and links read through the new ids")
    func references() {
        let comparison = Self.compare(Self.plant("a"), Self.plant("b"))
        #expect(comparison.matchedBy == .name && comparison.isIdentical)
        #expect(Self.compare(Self.plant("a"), Self.plant("b"), .id).counts.added == 11)
    }

    @Test("A changed node is found by its name, a renamed one by what it does")
    func changed() {
        let coded = Self.compare(Self.plant("a"), Self.plant("b", code: "return null;"))
        #expect(Self.changes(coded) == ["changed function scale"])
        let renamed = Self.compare(Self.plant("a"), Self.plant("b", scale: "skalieren"))
        #expect(Self.changes(renamed) == ["changed function skalieren"])
    }

    @Test("A node that was renamed and rewritten is found by what it is wired to")
    func wired() {
        let comparison = Self.compare(
            Self.plant("a"), Self.plant("b", scale: "other", code: "return 1;"))
        #expect(Self.changes(comparison) == ["changed function other"])
    }

    @Test("A renamed tab is known by what is in it")
    func renamedTab() {
        let comparison = Self.compare(Self.plant("a"), Self.plant("b", label: "Line 4"))
        #expect(Self.changes(comparison) == ["changed tab Line 4"])
    }

    @Test("A tab that was imported again finds its old self amid old ids")
    func importedAgain() {
        let rest = (0..<40).map { number -> JSONValue in
            ["id": .string("k\(number)"), "type": "ui_base", "name": .string("\(number)")]
        }
        let comparison = Self.compare(rest + Self.plant("a"), rest + Self.plant("b", scale: "x"))
        #expect(comparison.matchedBy == .id)
        #expect(Self.changes(comparison) == ["changed function x"])
        let strict = Self.compare(rest + Self.plant("a"), rest + Self.plant("b"), .id)
        #expect(strict.counts.added == 11 && strict.counts.removed == 11)
    }

    @Test("Nodes that nothing tells apart are taken in their order")
    func alike() {
        func flows(_ prefix: String, _ count: Int) -> [JSONValue] {
            [["id": .string("\(prefix)t"), "type": "tab", "label": "T"]]
                + (0..<count).map { number in
                    [
                        "id": .string("\(prefix)\(number)"), "type": "comment",
                        "z": .string("\(prefix)t"), "name": "", "x": 10, "y": 10, "wires": [],
                    ]
                }
        }
        #expect(Self.compare(flows("a", 500), flows("b", 500)).isIdentical)
        let fewer = Self.compare(flows("a", 500), flows("b", 480))
        #expect(fewer.counts.removed == 20 && fewer.counts.all == 20)
    }

    @Test("A text that happens to be the id of a node is left alone where it stayed")
    func accident() {
        func flows(_ id: String) -> [JSONValue] {
            [
                ["id": .string(id), "type": "tab", "label": "T"],
                [
                    "id": .string("\(id)x"), "type": "n", "z": .string(id), "topic": "a",
                    "name": "a",
                ],
            ]
        }
        let comparison = Self.compare(flows("a"), flows("b"), .name)
        #expect(comparison.isIdentical)
        let applied = comparison.applied(to: FlowDocument(flows("a")))
        #expect(canonical(.array(applied)) == canonical(.array(flows("b"))))
    }

    @Test("Flows that have nothing in common are all removed and all added")
    func strangers() {
        let comparison = Self.compare(
            [["id": "a", "type": "x", "name": "one"]], [["id": "b", "type": "y", "name": "two"]])
        #expect(comparison.counts.added == 1 && comparison.counts.removed == 1)
        #expect(comparison.matchedBy == .id)
    }
}
