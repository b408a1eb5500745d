import Basics
import Domain
import HTTP
package import Site
package import Store

/// The test cases of an instance, and the runs over its versions.
package struct FlowTestRoutes: Resource {
    private let tests: FlowTestStore
    private let runs: FlowTestRunStore
    private let runner: FlowTestRunner

    package init(stores: Stores, runner: FlowTestRunner) {
        tests = stores.flowTests
        runs = stores.flowTestRuns
        self.runner = runner
    }

    package var routes: [Route] {
        let instance = "/api/v1/instances/{instance}"
        return [
            Route(
                .get, "\(instance)/tests", .needs(.testsRead), "List the tests of an instance",
                list),
            Route(
                .post, "\(instance)/tests", .needs(.testsEdit), "Add a test to an instance",
                create),
            Route(
                .get, "\(instance)/tests/{test}", .needs(.testsRead), "Read a test", show),
            Route(
                .put, "\(instance)/tests/{test}", .needs(.testsEdit), "Replace a test", replace),
            Route(
                .delete, "\(instance)/tests/{test}", .needs(.testsEdit), "Delete a test", delete),
            Route(
                .get, "\(instance)/test-runs", .needs(.testsRead),
                "List the runs of an instance’s tests", query: ["limit", "cursor"], listRuns),
            Route(
                .post, "\(instance)/test-runs", .needs(.testsEdit),
                "Run tests over a version, in a throw-away Node-RED", run),
            Route(
                .get, "\(instance)/test-runs/{run}", .needs(.testsRead), "Read a test run",
                showRun),
            Route(
                .delete, "\(instance)/test-runs/{run}", .needs(.testsEdit),
                "Stop a test run that waits or runs", stopRun),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<FlowTestView>> {
        let id: Instance.ID = try context.id("instance")
        let found = try await stored { () async throws(StoreError) in try await tests.list(of: id)
        }
        return Found(PageView(all: found.map(FlowTestView.init)))
    }

    private func create(
        _ body: FlowTestBody, _ context: RequestContext
    ) async throws(Problem) -> Created<FlowTestView> {
        let id: Instance.ID = try context.id("instance")
        let test = try await stored { () async throws(StoreError) in
            try await tests.insert(body.test, for: id, by: context.actor)
        }
        return Created(FlowTestView(test), at: "/api/v1/instances/\(id)/tests/\(test.id)")
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<FlowTestView> {
        let id: Instance.ID = try context.id("instance")
        let test: FlowTest.ID = try context.id("test")
        return Found(
            FlowTestView(
                try await stored { () async throws(StoreError) in
                    try await tests.get(test, of: id)
                }))
    }

    private func replace(
        _ body: FlowTestBody, _ context: RequestContext
    ) async throws(Problem) -> Found<FlowTestView> {
        let id: Instance.ID = try context.id("instance")
        let test: FlowTest.ID = try context.id("test")
        return Found(
            FlowTestView(
                try await stored { () async throws(StoreError) in
                    try await tests.replace(test, of: id, with: body.test, by: context.actor)
                }))
    }

    private func delete(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Instance.ID = try context.id("instance")
        let test: FlowTest.ID = try context.id("test")
        try await stored { () async throws(StoreError) in
            try await tests.delete(test, of: id, by: context.actor)
        }
        return Done()
    }

    private func listRuns(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<FlowTestRunView>> {
        let id: Instance.ID = try context.id("instance")
        let request = try context.page()
        let page = try await stored { () async throws(StoreError) in
            try await runs.list(of: id, request)
        }
        return Found(PageView(page.map { FlowTestRunView($0) }))
    }

    private func run(
        _ body: NewFlowTestRun, _ context: RequestContext
    ) async throws(Problem) -> Accepted<FlowTestRunView> {
        let id: Instance.ID = try context.id("instance")
        do throws(FlowTestRunner.Fault) {
            let run = try await runner.start(
                body.tests, over: body.version, of: id, by: context.actor)
            return Accepted(
                FlowTestRunView(run), at: "/api/v1/instances/\(id)/test-runs/\(run.id)")
        } catch { throw Problem(error) }
    }

    private func showRun(
        _ context: RequestContext
    ) async throws(Problem) -> Found<FlowTestRunView> {
        let id: Instance.ID = try context.id("instance")
        let run: FlowTestRun.ID = try context.id("run")
        return Found(
            FlowTestRunView(
                try await stored { () async throws(StoreError) in
                    try await runs.get(run, of: id)
                }))
    }

    /// The run stays, with who stopped it.
    private func stopRun(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Instance.ID = try context.id("instance")
        let run: FlowTestRun.ID = try context.id("run")
        do throws(FlowTestRunner.Fault) {
            try await runner.stop(run, of: id, by: context.actor)
        } catch { throw Problem(error) }
        return Done()
    }
}

extension Problem {
    init(_ fault: FlowTestRunner.Fault) {
        switch fault {
        case .store(let error): self.init(error)
        case .noVersion:
            self = .conflict("Nothing was deployed to this instance yet: there are no flows.")
        case .noTests: self = .conflict("There is no test to run: add one first.")
        case .waiting:
            self = .conflict(
                "A run of this instance’s tests waits already: let it end, or stop it first.")
        case .ended: self = .conflict("This test run has ended already.")
        case .invalid(let name, let reason):
            self = .conflict("The test “\(name)” can't be run: \(reason).")
        }
    }
}
