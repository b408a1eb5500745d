package import Basics

/// A ready-made flow with parameters, as it ships inside the executable.
package struct Recipe: Sendable, Equatable {
    /// Its folder's name, `[a-z0-9-]+`.
    package let name: String
    package let title: String
    package let purpose: String
    package let use: Use
    /// What has to be there, a sentence each.
    package let needs: [String]
    /// Node packages beyond Node-RED's own, by name; the version is a range as npm writes it.
    package let modules: [NodeModule]
    /// Who may open its pages unless somebody says otherwise.
    package let access: PageAccess
    package let parameters: [RecipeParameter]
    /// Text of flows.json.
    package let flows: [UInt8]
    /// How many nodes they have, tabs and comments not counted.
    package let nodeCount: Int
    /// Text of README.md.
    package let readme: String
    /// Its test cases, one for each file of `fixture/`, in the order of their names.
    package let tests: [FlowTestCase]

    /// What somebody runs a Node-RED for in a plant.
    package enum Use: String, Sendable, CaseIterable { case application, automation, extraction }

    package init(
        name: String, title: String, purpose: String, use: Use, needs: [String],
        modules: [NodeModule], access: PageAccess, parameters: [RecipeParameter], flows: [UInt8],
        nodeCount: Int, readme: String, tests: [FlowTestCase]
    ) {
        self.name = name
        self.title = title
        self.purpose = purpose
        self.use = use
        self.needs = needs
        self.modules = modules
        self.access = access
        self.parameters = parameters
        self.flows = flows
        self.nodeCount = nodeCount
        self.readme = readme
        self.tests = tests
    }

    /// The environment variables of an instance made from it: what was given, defaults otherwise.
    /// - Parameter given: values by parameter name, as text, number, true or false.
    /// - Throws: for a name that it does not have and a value that its parameter does not take.
    package func environment(
        _ given: JSONObject
    ) throws(JSONFieldError) -> [(name: EnvironmentVariable.Name, value: String)] {
        for (name, _) in given.members where !parameters.contains(where: { $0.name.text == name }) {
            throw JSONFieldError(field: "parameters.\(name)", reason: "is no parameter of \(title)")
        }
        var environment: [(EnvironmentVariable.Name, String)] = []
        for parameter in parameters {
            let value = given[parameter.name.text].flatMap { $0.isNull ? nil : $0 }
            do throws(ValidationFault) {
                environment.append(
                    (parameter.name, try parameter.text(of: value ?? parameter.standard)))
            } catch {
                throw JSONFieldError(
                    field: "parameters.\(parameter.name.text)", reason: error.reason)
            }
        }
        return environment
    }
}

/// One thing to set about a recipe; the instance gets it as an environment variable.
package struct RecipeParameter: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case text, number, integer, flag }

    package let name: EnvironmentVariable.Name
    package let title: String
    package let unit: String?
    package let kind: Kind
    /// Its default.
    package let standard: JSONValue
    package let minimum: Double?
    package let maximum: Double?

    package init(
        name: EnvironmentVariable.Name, title: String, unit: String?, kind: Kind,
        standard: JSONValue, minimum: Double?, maximum: Double?
    ) {
        self.name = name
        self.title = title
        self.unit = unit
        self.kind = kind
        self.standard = standard
        self.minimum = minimum
        self.maximum = maximum
    }

    /// As it stands in the environment. Numbers may come as text, as forms send them.
    package func text(of value: JSONValue) throws(ValidationFault) -> String {
        switch (kind, value) {
        case (.text, .string(let text)):
            guard text.utf8.count <= 1000, !text.utf8.contains(where: { $0 < 0x20 }) else {
                throw ValidationFault("must be one line of at most 1000 bytes")
            }
            return text
        case (.flag, .bool(let flag)): return flag ? "true" : "false"
        case (.flag, .string("true")), (.flag, .string("false")):
            return value.string ?? ""
        case (.number, .number(let digits)), (.number, .string(let digits)),
            (.integer, .number(let digits)), (.integer, .string(let digits)):
            return try number(digits)
        case (.text, _): throw ValidationFault("must be a text")
        case (.flag, _): throw ValidationFault("must be true or false")
        case (.number, _): throw ValidationFault("must be a number")
        case (.integer, _): throw ValidationFault("must be a whole number")
        }
    }

    private func number(_ digits: String) throws(ValidationFault) -> String {
        guard let value = Double(digits), value.isFinite else {
            throw ValidationFault("must be a number")
        }
        guard kind != .integer || Int64(digits) != nil else {
            throw ValidationFault("must be a whole number")
        }
        guard minimum.map({ value >= $0 }) ?? true, maximum.map({ value <= $0 }) ?? true else {
            let bounds = [
                minimum.map { "at least \(Self.plain($0))" },
                maximum.map { "at most \(Self.plain($0))" },
            ].compactMap { $0 }
            throw ValidationFault("must be \(bounds.joined(separator: " and "))")
        }
        return digits
    }

    private static func plain(_ value: Double) -> String {
        Int64(exactly: value).map { String($0) } ?? String(value)
    }
}
