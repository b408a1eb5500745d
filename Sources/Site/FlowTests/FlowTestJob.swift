import Basics
package import Domain

/// One case, and all that a Node-RED needs to run it.
package struct FlowTestJob: Sendable {
    package var run: FlowTestRun.ID
    /// Among the cases of the run.
    package var number: Int
    package var test: FlowTestCase
    /// flows.json of the version.
    package var flows: [UInt8]
    /// Whose stack, limits and slug the test has. Its secrets are not used.
    package var definition: InstanceDefinition
    /// Of the instance, without what is secret; `NAME=value`.
    package var variables: [String]

    package init(
        run: FlowTestRun.ID, number: Int, test: FlowTestCase, flows: [UInt8],
        definition: InstanceDefinition, variables: [String]
    ) {
        self.run = run
        self.number = number
        self.test = test
        self.flows = flows
        self.definition = definition
        self.variables = variables
    }

    /// The case's own variables win.
    var environment: [String] {
        let own = Set(test.environment.map(\.name))
        return variables.filter { !own.contains(String($0.prefix { $0 != "=" })) }
            + test.environment.map { "\($0.name)=\($0.value)" }
    }
}
