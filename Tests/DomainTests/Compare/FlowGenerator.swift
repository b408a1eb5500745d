import Basics
import Domain
import LinesideTesting

/// Random flows as an engineer would draw them, and edits of all kinds.
struct FlowGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed) }

    mutating func id() -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<16).map { _ in random.pick(digits) })
    }

    mutating func flows(nodes count: Int, tabs: Int = 3) -> [JSONValue] {
        var flows: [JSONValue] = []
        var places: [String] = []
        for number in 0..<max(1, tabs) {
            places.append(id())
            flows.append([
                "id": text(places[number]), "type": "tab", "label": text("Line \(number)"),
                "disabled": false, "info": "", "env": [],
            ])
        }
        let subflow = id()
        flows.append([
            "id": text(subflow), "type": "subflow", "name": "Scale", "info": "",
            "in": [["x": 50, "y": 30, "wires": []]], "out": [], "env": [],
        ])
        // Two that only their users tell apart.
        let brokers = [id(), id(), id()]
        for (number, broker) in brokers.enumerated() {
            flows.append([
                "id": text(broker), "type": "mqtt-broker", "name": "Broker",
                "broker": text("10.0.0.\(number / 2)"), "port": "1883",
            ])
        }
        var ids: [String: [String]] = [:]
        var drawn: [(id: String, place: String, node: JSONObject)] = []
        for _ in 0..<count {
            let place = random.pick(places + [subflow])
            let name = id()
            ids[place, default: []].append(name)
            drawn.append((name, place, node(name, in: place, brokers, subflow)))
        }
        for (name, place, node) in drawn {
            var node = node
            let near = ids[place] ?? []
            let ports = node["type"] == "switch" ? 2 : 1
            node["wires"] = .array(
                (0..<ports).map { _ in
                    .array((0..<random.pick([0, 1, 1, 2])).map { _ in text(random.pick(near)) })
                })
            if node["type"] == "link out" {
                node["links"] = [text(random.pick(near)), text(name)]
            }
            flows.append(.object(node))
        }
        return flows
    }

    private mutating func node(
        _ id: String, in place: String, _ brokers: [String], _ subflow: String
    ) -> JSONObject {
        var node = JSONObject([("id", text(id)), ("type", "debug"), ("z", text(place))])
        node["name"] = text(random.pick(["", "", "scale", "parse", "Zähler 🏭", "to archive"]))
        node["x"] = number(Int.random(in: 0..<90, using: &random) * 20)
        node["y"] = number(Int.random(in: 0..<90, using: &random) * 20)
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            node["type"] = "function"
            node["func"] = text(code())
            node["outputs"] = 1
        case 1:
            node["type"] = "switch"
            node["rules"] = .array(
                (0..<random.pick([1, 2, 3])).map { ["t": "eq", "v": text("\($0)"), "vt": "num"] })
        case 2:
            node["type"] = "mqtt in"
            node["topic"] = text("plant/\(Int.random(in: 0..<30, using: &random))")
            node["broker"] = text(random.pick(brokers))
        case 3 where place != subflow:
            node["type"] = text("subflow:\(subflow)")
            node["env"] = [["name": "BROKER", "type": "conf", "value": text(brokers[0])]]
        case 4: node["type"] = "link out"
        default: node["complete"] = "payload"
        }
        return node
    }

    mutating func code() -> String {
        let end = random.chance(10) ? "\r\n" : "\n"
        return (0..<Int.random(in: 1..<20, using: &random)).map { line in
            "msg.payload += \(Int.random(in: 0..<4, using: &random)); // \(line % 5)"
        }.joined(separator: end)
    }

    func text(_ text: String) -> JSONValue { .string(text) }
    func number(_ number: Int) -> JSONValue { .number("\(number)") }

    // MARK: Edits

    /// - Parameter hostile: also what no editor makes.
    mutating func edited(_ flows: [JSONValue], edits: Int, hostile: Bool = false) -> [JSONValue] {
        var flows = flows
        for _ in 0..<edits where !flows.isEmpty {
            if hostile, random.chance(40) { damage(&flows) } else { edit(&flows) }
        }
        return flows
    }

    private mutating func edit(_ flows: inout [JSONValue]) {
        let place = Int.random(in: 0..<flows.count, using: &random)
        guard var node = flows[place].object else { return }
        switch Int.random(in: 0..<9, using: &random) {
        case 0: flows.remove(at: place)
        case 1:
            node["id"] = text(id())
            flows.insert(.object(node), at: Int.random(in: 0...flows.count, using: &random))
        case 2:
            node["x"] = number(Int.random(in: 0..<2000, using: &random))
            flows[place] = .object(node)
        case 3:
            node["name"] = text(random.pick(["renamed", "", "Prüfung"]))
            flows[place] = .object(node)
        case 4:
            node["func"] = text(code())
            flows[place] = .object(node)
        case 5:
            var rules = node["rules"]?.array ?? []
            let rule: JSONValue = ["t": "lt", "v": number(rules.count)]
            rules.insert(rule, at: Int.random(in: 0...rules.count, using: &random))
            if random.chance(30) { rules.removeFirst() }
            node["rules"] = .array(rules)
            flows[place] = .object(node)
        case 6:
            let target = random.pick(flows)["id"] ?? "nowhere"
            node["wires"] = [[target], [target, "nowhere"]]
            flows[place] = .object(node)
        case 7: flows.swapAt(place, Int.random(in: 0..<flows.count, using: &random))
        default:
            node["z"] = random.pick(flows)["id"]
            flows[place] = .object(node)
        }
    }

    private mutating func damage(_ flows: inout [JSONValue]) {
        let place = Int.random(in: 0..<flows.count, using: &random)
        guard var node = flows[place].object else { return }
        let odd: [JSONValue] = [
            .null, 7, "", [], [.null, 3], [[.null], "x"], ["a": ["b": [1, "\u{1}é"]]], true, "1e9",
        ]
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            flows.insert(random.pick(odd), at: place)
            return
        case 1: node["id"] = random.pick(flows)["id"]
        case 2: node["id"] = random.pick(odd)
        case 3: node[random.pick(["wires", "z", "name", "env", "x", "nodes"])] = random.pick(odd)
        case 4: node["type"] = random.pick(["tab", "subflow", "group", "", "subflow:", .null])
        default: node[random.pick(["", "a.b", "ключ", "__proto__"])] = random.pick(odd)
        }
        flows[place] = .object(node)
    }

    /// As an export and import does: every id is new, wherever it is named.
    mutating func renewed(_ flows: [JSONValue]) -> [JSONValue] {
        var ids: [String: String] = [:]
        for flow in flows {
            guard let old = flow["id"]?.string else { continue }
            ids[old] = id()
        }
        let prefix = "subflow:"
        func renew(_ value: JSONValue) -> JSONValue {
            switch value {
            case .string(let text):
                if let id = ids[text] { return .string(id) }
                guard text.hasPrefix(prefix), let id = ids[String(text.dropFirst(prefix.count))]
                else { return value }
                return .string(prefix + id)
            case .array(let elements): return .array(elements.map(renew))
            case .object(let object):
                return .object(JSONObject(object.members.map { ($0.key, renew($0.value)) }))
            case .null, .bool, .number: return value
            }
        }
        return flows.map(renew)
    }
}

/// Bytes that are the same for values that are, whatever the order of their members.
func canonical(_ value: JSONValue) -> [UInt8] {
    func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(sorted))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                        .map { ($0.key, sorted($0.value)) }))
        case .null, .bool, .number, .string: value
        }
    }
    return sorted(value).json
}
