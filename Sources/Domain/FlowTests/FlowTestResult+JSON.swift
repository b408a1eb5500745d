package import Basics

/// As it is kept in the database, written by the runner and shown by the API.
extension FlowTestResult: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("detail", detail)
            json.key("cases")
            json.value(cases)
        }
    }

    /// What cannot be read is no case of it.
    package init(_ object: JSONObject) {
        self.init(
            detail: object["detail"]?.string,
            cases: (object["cases"]?.array ?? []).compactMap { value in
                guard let object = value.object, let name = object["name"]?.string,
                    let state = object["state"]?.string.flatMap(FlowTestOutcome.State.init)
                else { return nil }
                return FlowTestOutcome(name: name, state: state, written: object)
            })
    }
}

extension FlowTestOutcome: JSONWritable {
    private static let longestText = 4096
    private static let longestLine = 512
    private static let mostLines = 102

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("state", state.rawValue)
            json.field("ms", milliseconds)
            json.field("detail", detail)
            json.key("steps")
            json.value(steps)
            json.field("log", log)
        }
    }

    /// From what a runner wrote, or the database holds. A flow under test could have written it
    /// too: every text and list is cut to its bound.
    package init(name: String, state: State, written object: JSONObject) {
        let steps = (object["steps"]?.array ?? []).prefix(FlowTestCase.maximumSteps)
        self.init(
            name: name, state: state, milliseconds: Int(clamping: object["ms"]?.int ?? 0),
            detail: object["detail"]?.string.map { Self.cut($0, Self.longestText) },
            steps: steps.enumerated().map { index, value in
                Step(
                    index: index,
                    state: value["state"]?.string.flatMap(Step.State.init) ?? .skipped,
                    text: Self.cut(value["text"]?.string ?? "", Self.longestLine),
                    detail: value["detail"]?.string.map { Self.cut($0, Self.longestText) },
                    expected: value["expected"]?.string.map { Self.cut($0, Self.longestText) },
                    got: value["got"]?.string.map { Self.cut($0, Self.longestText) },
                    milliseconds: value["ms"]?.int.map { Int(clamping: $0) })
            },
            log: (object["log"]?.array ?? []).prefix(Self.mostLines)
                .map { Self.cut($0.string ?? "", Self.longestLine) })
    }

    private static func cut(_ text: String, _ length: Int) -> String {
        guard text.utf8.count > length else { return text }
        return String(text.unicodeScalars.prefix(length - 1)) + "…"
    }
}

extension FlowTestOutcome.Step: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("index", index)
            json.field("state", state.rawValue)
            json.field("text", text)
            json.field("detail", detail)
            json.field("expected", expected)
            json.field("got", got)
            json.field("ms", milliseconds)
        }
    }
}
