import Basics
import Domain
import LinesideTesting
import Testing

@Suite("Flow comparison") struct FlowComparisonTests {
    private static let tab: JSONValue = ["id": "t1", "type": "tab", "label": "Line 3"]
    private static let other: JSONValue = ["id": "t2", "type": "tab", "label": "Press"]

    private static func node(
        _ id: String, in place: String = "t1", _ more: (String, JSONValue)...
    ) -> JSONValue {
        var node = JSONObject([
            ("id", .string(id)), ("type", "function"), ("z", .string(place)),
            ("name", .string("node \(id)")), ("x", 100), ("y", 40), ("wires", [[]]),
        ])
        for (key, value) in more { node[key] = value }
        return .object(node)
    }

    private static func compare(
        _ from: [JSONValue], _ to: [JSONValue], match: FlowComparison.Match = .id,
        secrets: FlowSecrets = FlowSecrets()
    ) -> ShownComparison {
        ShownComparison(
            FlowComparison(
                from: FlowDocument(from), to: FlowDocument(to), match: match, secrets: secrets))
    }

    @Test(
        "A node that only lies elsewhere has moved; one that also says something else has changed")
    func moved() throws {
        let before = [Self.tab, Self.other, Self.node("a"), Self.node("b"), Self.node("c")]
        let after = [
            Self.tab, Self.other, Self.node("a", ("x", 300)),
            Self.node("b", ("y", 60), ("func", "return msg;")), Self.node("c", in: "t2"),
        ]
        let nodes = Self.compare(before, after).nodes
        #expect(nodes.map(\.change) == [.moved, .changed, .moved])
        #expect(nodes.map(\.isMoved) == [true, true, true])
        #expect(nodes[0].properties.map(\.path) == ["x"])
        #expect(nodes[1].properties.map(\.path) == ["y", "func"])
        #expect(nodes[2].fromContainer == "t1" && nodes[2].toContainer == "t2")
        #expect(nodes[2].properties == [])
    }

    @Test("Order counts among tabs and among what is drawn on one of them, nowhere else")
    func order() {
        let config: JSONValue = ["id": "k", "type": "mqtt-broker", "name": "Broker"]
        let before = [Self.tab, Self.other, config, Self.node("a"), Self.node("b"), Self.node("c")]
        let mixed = [Self.node("a"), Self.tab, Self.node("b"), Self.other, Self.node("c"), config]
        #expect(Self.compare(before, mixed).nodes.isEmpty)
        let front = [Self.tab, Self.other, config, Self.node("b"), Self.node("c"), Self.node("a")]
        let nodes = Self.compare(before, front).nodes
        #expect(nodes.map(\.toID) == ["a"] && nodes.map(\.change) == [.moved])
        let tabs = Self.compare([Self.tab, Self.other], [Self.other, Self.tab])
        #expect(tabs.nodes.count == 1 && tabs.counts.moved == 1)
    }

    @Test("Wires are compared as such, with the node at the other end on each side")
    func wires() throws {
        let before = [
            Self.tab, Self.node("a", ("wires", [["b", "gone"], ["c"]])), Self.node("b"),
            Self.node("c"),
        ]
        let after = [
            Self.tab, Self.node("a", ("wires", [["gone"], ["c", "d"]])), Self.node("b"),
            Self.node("c"), Self.node("d"),
        ]
        let change = try #require(Self.compare(before, after).nodes.first)
        #expect(change.change == .changed && change.properties.isEmpty)
        #expect(change.wires.added == [.init(port: 1, fromID: nil, toID: "d")])
        #expect(change.wires.removed == [.init(port: 0, fromID: "b", toID: "b")])
        let same = [Self.tab, Self.node("a", ("wires", [["gone", "b"], ["c"]]))]
        let turned = [Self.tab, Self.node("a", ("wires", [["b", "gone"], ["c"]]))]
        #expect(Self.compare(same, turned).nodes.isEmpty)
    }

    @Test(
        "Wires that are none are a property like any other", arguments: [JSONValue.null, 7, [[1]]])
    func oddWires(wires: JSONValue) throws {
        let before = [Self.tab, Self.node("a", ("wires", [["a"]]))]
        let after = [Self.tab, Self.node("a", ("wires", wires))]
        let change = try #require(Self.compare(before, after).nodes.first)
        if wires.isNull {
            #expect(change.wires.removed.count == 1)
        } else {
            #expect(change.properties.count == 1)
            #expect(change.properties.first?.path.hasPrefix("wires") == true)
        }
    }

    @Test("Differences have the path of the smallest part that differs")
    func paths() throws {
        let rule: JSONValue = ["t": "eq", "v": "1"]
        let before = Self.node("a", ("rules", [rule, rule]), ("headers", ["x-id": "1", "a.b": 1]))
        let after = Self.node(
            "a", ("rules", [rule, ["t": "eq", "v": "2"], ["t": "else"]]),
            ("headers", ["x-id": "2", "a.b": 2]), ("d", true))
        let properties = try #require(Self.compare([before], [after]).nodes.first).properties
        #expect(
            properties.map(\.path) == [
                "rules[1].v", "rules[2]", "headers.x-id", #"headers["a.b"]"#, "d",
            ])
        #expect(properties[1].from == nil && properties[1].to == ["t": "else"])
        #expect(properties[4].from == nil && properties[4].to == true)
    }

    @Test("Composed and decomposed letters, 1 and 1.0, a number and its text are different")
    func exact() {
        for (old, new): (JSONValue, JSONValue) in [
            ("é", "e\u{301}"), (.number("1"), .number("1.0")), (.number("1"), "1"),
            (.null, false), ([], .object(JSONObject())),
        ] {
            let comparison = Self.compare(
                [Self.node("a", ("p", old))], [Self.node("a", ("p", new))])
            #expect(comparison.counts.changed == 1)
        }
    }

    @Test("Tabs, subflows and what lies in neither have their counts; removed ones come after")
    func containers() {
        let subflow: JSONValue = ["id": "s", "type": "subflow", "name": "Scale"]
        let broker: JSONValue = ["id": "k", "type": "mqtt-broker", "port": "1883"]
        let busy: JSONValue = ["id": "k", "type": "mqtt-broker", "port": "8883"]
        let before = [Self.tab, Self.other, broker, Self.node("a"), Self.node("b", in: "t2")]
        let after = [subflow, Self.tab, busy, Self.node("a"), Self.node("c", in: "s")]
        let containers = Self.compare(before, after).containers
        #expect(containers.map(\.kind) == [.subflow, .tab, .tab, .global])
        #expect(containers.map(\.label) == ["Scale", "Line 3", "Press", ""])
        #expect(containers.map(\.change) == [.added, .same, .removed, .changed])
        #expect(containers.map(\.counts.all) == [1, 0, 1, 1])
        #expect(containers[2].fromID == "t2" && containers[2].toID == nil)
    }

    @Test("Kinds of nodes are told apart as Node-RED does")
    func kinds() {
        let nodes: [JSONValue] = [
            Self.tab, ["id": "s", "type": "subflow"], ["id": "g", "type": "group", "z": "t1"],
            ["id": "k", "type": "tls-config"], Self.node("a"),
            Self.node("i", ("type", "subflow:s")),
        ]
        #expect(
            Self.compare([], nodes).nodes.map(\.kind)
                == [.tab, .subflow, .group, .config, .node, .instance])
    }

    @Test("Credentials are added, removed or changed; what they are never leaves")
    func credentials() throws {
        func secrets(_ from: JSONObject, _ to: JSONObject) -> FlowSecrets {
            FlowSecrets(from: FlowCredentials(from), to: FlowCredentials(to))
        }
        let flows = [Self.tab, Self.node("a"), Self.node("b"), Self.node("c"), Self.node("d")]
        let old = JSONObject([
            ("a", ["key": "one"]), ("b", ["key": "one"]), ("c", ["key": "one"]), ("d", [:]),
        ])
        let new = JSONObject([("a", ["key": "two"]), ("c", ["key": "one"]), ("d", ["key": "x"])])
        let shown = Self.compare(flows, flows, secrets: secrets(old, new))
        #expect(shown.nodes.map(\.toID) == ["a", "b", "d"])
        #expect(shown.nodes.map(\.credentials) == [.changed, .removed, .added])
        #expect(shown.counts.changed == 3)
        let unknown = FlowSecrets(from: FlowCredentials(old), to: nil)
        #expect(Self.compare(flows, flows, secrets: unknown).nodes.isEmpty)
        let added = Self.compare([], flows, secrets: secrets(JSONObject(), new))
        #expect(added.nodes.map(\.credentials) == [nil, .added, nil, .added, .added])
    }

    @Test("Secrets that stand in the flows themselves are not shown either")
    func inlineSecrets() throws {
        func tab(_ secret: JSONValue) -> JSONValue {
            [
                "id": "t1", "type": "tab",
                "env": [["name": "KEY", "type": "cred", "value": secret]],
            ]
        }
        let before = [tab("hunter2"), Self.node("a", ("credentials", ["key": "hunter2"]))]
        let after = [tab("hunter3"), Self.node("a", ("credentials", ["key": "hunter3"]))]
        for (from, to) in [(before, after), ([], after), (before, [])] {
            let nodes = Self.compare(from, to).nodes
            #expect(nodes.count == 2)
            #expect(!"\(nodes)".contains("hunter"))
        }
        #expect(Self.compare(before, after).nodes.map(\.credentials) == [.changed, .changed])
    }

    @Test("The same id twice, no id, no place and entries that are no nodes are compared and told")
    func odd() {
        let before: [JSONValue] = [Self.tab, Self.node("a"), Self.node("a"), 7, ["x": 1]]
        let after: [JSONValue] = [
            Self.tab, Self.node("a"), Self.node("a", ("d", true)), 8, ["x": 2],
        ]
        let comparison = FlowComparison(from: FlowDocument(before), to: FlowDocument(after))
        #expect(comparison.counts.changed == 1 && comparison.counts.moved == 1)
        #expect(comparison.straysDiffer)
        #expect(
            comparison.warnings == [
                "In the earlier flows, 1 node has the id of another one.",
                "In the later flows, 1 node has the id of another one.",
                "Entries of the files that are no nodes differ.",
            ])
        let same = FlowComparison(from: FlowDocument(before), to: FlowDocument(before))
        #expect(same.isIdentical)
    }

    @Test("Long values are cut, letters whole; many differences in one property are one")
    func bounds() throws {
        let long = String(repeating: "ä", count: 100_000)
        let list = JSONValue.array((0..<5000).map { .number("\($0)") })
        let turned = JSONValue.array((0..<5000).map { .number("\(5000 - $0)") })
        let shown = Self.compare(
            [Self.node("a", ("info", "short"), ("list", list))],
            [Self.node("a", ("info", .string(long)), ("list", turned))])
        let properties = try #require(shown.nodes.first).properties
        #expect(properties.map(\.path) == ["info", "list"])
        #expect(properties[0].to == .string(String(repeating: "ä", count: 32_768)))
        #expect(properties[1].from == list)
        #expect(shown.warnings == ["1 value is too long to be shown whole."])
    }

    @Test("Ten thousand nodes with a megabyte of code each way are an answer of bounded size")
    func large() {
        let code = { (letter: String) in
            (0..<60_000).map { "\(letter) \($0)" }.joined(separator: "\n")
        }
        var before = (0..<10_000).map { Self.node("\($0)") }
        var after = (0..<10_000).map { Self.node("\($0)", ("name", "other")) }
        for (index, letter) in ["a", "b", "c", "d"].enumerated() {
            before[index] = Self.node("\(index)", ("func", .string(code(letter))))
            after[index] = Self.node("\(index)", ("func", .string(code("x"))))
        }
        let shown = Self.compare(before, after)
        #expect(shown.counts.changed == 10_000)
        for node in shown.nodes.prefix(4) {
            let lines = node.properties.first?.lines ?? []
            #expect(lines.reduce(0) { $0 + $1.text.utf8.count } < 140_000)
            #expect(lines.last?.mark == .gap)
        }
    }
}
