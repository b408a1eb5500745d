package import Basics

/// A test case of a flow as people write it, checked: what goes into which node, and what has to
/// arrive where. The runner inside Node-RED reads the same text.
package struct FlowTestCase: Sendable, Equatable {
    package static let format = "lineside-flow-test/1"
    package static let maximumSize = ByteCount.kibibytes(256)
    static let maximumSteps = 200
    /// Of what the steps may take together, so that no test keeps others waiting for an hour.
    package static let longest = Duration.seconds(15 * 60)
    /// Milliseconds for each expectation, where the case says nothing.
    static let standardTimeout = 5000
    static let longestTimeout = 60_000
    /// Of a start of Node-RED, and of a stop before the next one.
    package static let aroundStarts = Duration.seconds(60)

    package let name: Name<FlowTest>
    /// The whole case, as it was written.
    package let definition: JSONObject
    /// Over that of the instance.
    package let environment: [(name: String, value: String)]
    package let steps: Int
    package let restarts: Int
    /// For all steps, each as long as it may take, and the starts.
    package let timeLimit: Duration

    package static func == (left: FlowTestCase, right: FlowTestCase) -> Bool {
        left.definition == right.definition
    }

    /// - Throws: what is wrong, with the step that it is wrong in; steps count from 1 in it.
    package init(validating definition: JSONObject) throws(ValidationFault) {
        guard definition.json.count <= Self.maximumSize.bytes else {
            throw ValidationFault("must be at most \(Self.maximumSize)")
        }
        try FlowTestShape.test.check(definition, "")
        do throws(ValidationFault) {
            name = try Name(validating: definition["name"]?.string ?? "")
        } catch { throw ValidationFault("“name” \(error.reason)") }
        let variables = definition["environment"]?.object?.members ?? []
        environment = variables.map { ($0.key, $0.value.string ?? "") }
        for variable in environment {
            do throws(ValidationFault) {
                _ = try EnvironmentVariable.Name(validating: variable.name)
            } catch { throw ValidationFault("“environment”: \(variable.name) \(error.reason)") }
        }
        let steps = definition["steps"]?.array ?? []
        guard (1...Self.maximumSteps).contains(steps.count) else {
            throw ValidationFault("“steps” must be 1 to \(Self.maximumSteps)")
        }
        let timeout = definition["timeout"]?.int.map(Int.init) ?? Self.standardTimeout
        var milliseconds = 0
        var restarts = 0
        for (index, step) in steps.enumerated() {
            let kind = try FlowTestShape.check(step: step, number: index + 1)
            switch kind {
            case "send": break
            case "restart": restarts += 1
            case "expectNone": milliseconds += Int(step["for"]?.int ?? 0)
            default: milliseconds += step["timeout"]?.int.map(Int.init) ?? timeout
            }
        }
        let waits = Duration.milliseconds(milliseconds)
        guard waits <= Self.longest else {
            throw ValidationFault("its steps may take 15 minutes together, not more")
        }
        self.steps = steps.count
        self.restarts = restarts
        timeLimit = waits + Self.aroundStarts * (restarts + 1)
        self.definition = definition
    }

    /// From text: a file of a recipe.
    package init(text: [UInt8]) throws(ValidationFault) {
        guard let object = try? JSONReader.read(text).object else {
            throw ValidationFault("must be a JSON object")
        }
        try self.init(validating: object)
    }
}
