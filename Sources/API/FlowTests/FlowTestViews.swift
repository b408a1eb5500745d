package import Basics
package import Domain

/// A test case as the API shows it; its definition as it was written.
package struct FlowTestView: APIView {
    let test: FlowTest
    package init(_ test: FlowTest) { self.test = test }

    package static var schema: Schema {
        .object(
            "FlowTest",
            [
                .field("id", .identifier), .field("instanceId", .identifier),
                .field("name", .text), .field("definition", .anything),
                .field("createdAt", .time), .field("updatedAt", .time),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", test.id)
            json.field("instanceId", test.instanceID)
            json.field("name", test.name.text)
            json.field("definition", test.definition)
            json.field("createdAt", test.createdAt)
            json.field("updatedAt", test.updatedAt)
        }
    }
}

/// What came of a run, case by case and step by step.
package struct FlowTestRunView: APIView {
    let run: FlowTestRun
    package init(_ run: FlowTestRun) { self.run = run }

    package static var schema: Schema {
        .object(
            "FlowTestRun",
            [
                .field("id", .identifier), .field("instanceId", .identifier),
                .field("state", .words(FlowTestRun.State.allCases.map(\.rawValue))),
                .field("passed", .integer), .field("failed", .integer),
                .field("versionId", .optional(.identifier)), .field("versionNumber", .integer),
                .field("startedAt", .time), .field("finishedAt", .optional(.time)),
                .field("by", .optional(.text)), .field("detail", .optional(.text)),
                .field("cases", .list(outcome)),
            ])
    }

    private static var outcome: Schema {
        let step = Schema.object(
            "FlowTestStep",
            [
                .field("index", .integer),
                .field("state", .words(FlowTestOutcome.Step.State.allCases.map(\.rawValue))),
                .field("text", .text), .field("detail", .optional(.text)),
                .field("expected", .optional(.text)), .field("got", .optional(.text)),
                .field("ms", .optional(.integer)),
            ])
        return .object(
            "FlowTestCase",
            [
                .field("name", .text),
                .field("state", .words(FlowTestOutcome.State.allCases.map(\.rawValue))),
                .field("ms", .integer), .field("detail", .optional(.text)),
                .field("steps", .list(step)), .field("log", .list(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) { run.write(to: &json) }
}

/// A whole test case is the body, checked. Its name stands in it.
package struct FlowTestBody: APIBody {
    let test: FlowTestCase

    package static var schema: Schema {
        .object(
            "NewFlowTest",
            [
                .field("format", .words([FlowTestCase.format])), .field("name", .text),
                .field("timeout", .integer, optional: true),
                .field("environment", .map(.text), optional: true),
                .field("mocks", .list(.anything), optional: true),
                .field("real", .list(.text), optional: true),
                .field("needs", .anything, optional: true),
                .field("steps", .list(.anything)),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        let _: Name<FlowTest> = try json.name("name")
        do throws(ValidationFault) { test = try FlowTestCase(validating: json) } catch {
            throw JSONFieldError(field: "definition", reason: error.reason)
        }
    }
}

/// Which tests over which version: all over the newest where nothing is named.
package struct NewFlowTestRun: APIBody {
    let version: Version.ID?
    let tests: [FlowTest.ID]?

    package static var schema: Schema {
        .object(
            "NewFlowTestRun",
            [
                .field("version", .optional(.identifier), optional: true),
                .field("tests", .optional(.list(.identifier)), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        version = try json.optionalID("version")
        guard let named = try json.optionalArray("tests") else {
            tests = nil
            return
        }
        var ids: [FlowTest.ID] = []
        for value in named.prefix(FlowTest.maximumCount + 1) {
            guard let id = value.string.flatMap(FlowTest.ID.init), !ids.contains(id) else {
                throw JSONFieldError(field: "tests", reason: "must be ids of tests, each once")
            }
            ids.append(id)
        }
        tests = ids
    }
}
