import Basics

/// The keys of a test case and of its parts, with what may stand there. What is not here is
/// refused: a slip of the pen must not pass as a test.
struct FlowTestShape: Sendable {
    struct Key: Sendable {
        let name: String
        let isOptional: Bool
        /// Follows the key's name: "must be a text".
        let wanted: String
        let accepts: @Sendable (JSONValue) -> Bool

        init(
            _ name: String, _ wanted: String, optional: Bool = false,
            _ accepts: @escaping @Sendable (JSONValue) -> Bool
        ) {
            self.name = name
            isOptional = optional
            self.wanted = wanted
            self.accepts = accepts
        }
    }

    let keys: [Key]

    /// - Parameter what: "step 3 (expect): ", or nothing for the case itself.
    func check(_ object: JSONObject, _ what: String) throws(ValidationFault) {
        for key in keys {
            guard let value = object[key.name] else {
                if key.isOptional { continue }
                throw ValidationFault("\(what)“\(key.name)” is missing")
            }
            guard key.accepts(value) else {
                throw ValidationFault("\(what)“\(key.name)” \(key.wanted)")
            }
        }
        for member in object.members where !keys.contains(where: { $0.name == member.key }) {
            throw ValidationFault("\(what)there is no “\(member.key)”")
        }
    }

    func accepts(_ value: JSONValue) -> Bool {
        guard let object = value.object else { return false }
        do throws(ValidationFault) {
            try check(object, "")
            return true
        } catch { return false }
    }

    /// - Returns: its kind.
    static func check(step: JSONValue, number: Int) throws(ValidationFault) -> String {
        let names = steps.map(\.kind)
        guard let object = step.object,
            let (kind, shape) = steps.first(where: { object[$0.kind] != nil })
        else {
            throw ValidationFault("step \(number) is none of \(names.joined(separator: ", "))")
        }
        try shape.check(object, "step \(number) (\(kind)): ")
        return kind
    }
}

extension FlowTestShape {
    static let test = FlowTestShape(keys: [
        Key("format", "must be \(FlowTestCase.format)") { $0.string == FlowTestCase.format },
        Key("name", "must be a text") { $0.string != nil },
        Key("timeout", time, optional: true, isTime),
        Key("environment", "must hold texts", optional: true, areTexts),
        Key("mocks", "must be a list of {node, answers, fails}", optional: true) { value in
            value.array?.allSatisfy(mock.accepts) ?? false
        },
        Key("real", "must be a list of ids of nodes", optional: true) { value in
            value.array?.allSatisfy(isText) ?? false
        },
        Key("needs", "must be {\"modules\": {name: version}}", optional: true) { value in
            value.object?.members.allSatisfy { $0.key == "modules" && areTexts($0.value) } ?? false
        },
        Key("steps", "must be a list") { $0.array != nil },
    ])

    private static let mock = FlowTestShape(keys: [
        Key("node", "", isText),
        Key("answers", "", optional: true) { $0.array?.allSatisfy(isAnswer) ?? false },
        Key("fails", "", optional: true) { $0.string != nil },
    ])

    /// In the order in which they are told.
    private static let steps: [(kind: String, shape: FlowTestShape)] = [
        step(
            "send", Key("send", "must be a message", isObject), Key("to", node, isText),
            Key("port", "must be 0 or more", optional: true) {
                $0.int.map { (0..<1000).contains($0) } ?? false
            }),
        step(
            "expect", Key("expect", "must be a message", isObject), Key("at", node, isText),
            timeout),
        step(
            "expectNone", Key("expectNone", "must be true") { $0.bool == true },
            Key("at", node, isText), Key("for", time, isTime)),
        step(
            "request", Key("request", "must be {method, path, headers, body}", request.accepts),
            Key("answer", "must be {status, type, contains, lacks, body}", answer.accepts),
            timeout),
        step(
            "file", Key("file", "must be a path below the files of the instance", isBelow),
            Key("contains", texts, optional: true, isTexts),
            Key("lacks", texts, optional: true, isTexts),
            Key("equals", "must be a text", optional: true) { $0.string != nil }, timeout),
        step("restart", Key("restart", "must be true") { $0.bool == true }),
    ]

    private static func step(
        _ kind: String, _ keys: Key...
    ) -> (kind: String, shape: FlowTestShape) {
        let says = Key("says", "must be a text", optional: true) { $0.string != nil }
        return (kind, FlowTestShape(keys: keys + [says]))
    }

    private static let request = FlowTestShape(keys: [
        Key("method", "", optional: true) { value in
            guard let text = value.string, (1...20).contains(text.utf8.count) else { return false }
            return text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        },
        Key("path", "") { $0.string.map { !$0.hasPrefix("/") } ?? false },
        Key("headers", "", optional: true, areTexts),
        Key("body", "", optional: true) { _ in true },
    ])

    private static let answer = FlowTestShape(keys: [
        Key("status", "", optional: true) { $0.int != nil },
        Key("type", "", optional: true) { $0.string != nil },
        Key("contains", "", optional: true, isTexts), Key("lacks", "", optional: true, isTexts),
        Key("body", "", optional: true) { _ in true },
    ])

    private static let time = "must be 0 to \(FlowTestCase.longestTimeout) ms"
    private static let node = "must be the id of a node"
    private static let texts = "must be a list of texts"
    private static let timeout = Key("timeout", time, optional: true, isTime)

    private static let isText: @Sendable (JSONValue) -> Bool = { value in
        value.string.map { (1...200).contains($0.utf8.count) } ?? false
    }
    private static let isTexts: @Sendable (JSONValue) -> Bool = { value in
        value.array?.allSatisfy { $0.string != nil } ?? false
    }
    private static let areTexts: @Sendable (JSONValue) -> Bool = { value in
        value.object?.members.allSatisfy { $0.value.string != nil } ?? false
    }
    private static let isObject: @Sendable (JSONValue) -> Bool = { $0.object != nil }
    private static let isTime: @Sendable (JSONValue) -> Bool = { value in
        value.int.map { (0...Int64(FlowTestCase.longestTimeout)).contains($0) } ?? false
    }
    private static let isBelow: @Sendable (JSONValue) -> Bool = { value in
        guard let text = value.string, !text.isEmpty, !text.hasPrefix("/") else { return false }
        return !text.split(separator: "/").contains("..")
    }

    /// A message, nothing, or one of them for each output.
    private static func isAnswer(_ value: JSONValue) -> Bool {
        switch value {
        case .object, .null: true
        case .array(let outputs): outputs.allSatisfy { $0.object != nil || $0.isNull }
        default: false
        }
    }
}
