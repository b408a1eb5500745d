import Basics
import Glibc
import LinesideTesting
import Testing

/// The broker of a built site, with clients of other people's making.
@Suite(
    "The life of the broker", .timeLimit(.minutes(10)),
    .enabled(
        if: BrokerPluginUnderTest.isPossible && Files.exists("/usr/bin/mosquitto_pub"),
        "skipped: mosquitto, mosquitto-dev or mosquitto-clients is not installed"))
struct BrokerLifeTests {
    private func broker(
        _ client: CurlClient, port: Bool = true
    ) async throws -> (port: Int64, json: JSONValue)? {
        let answer = try await client.get("/api/v1/broker")
        guard answer["state"] == "running", let port = answer["port"].int else { return nil }
        return (port, answer.json)
    }

    @Test(
        "A PLC that was added publishes over TLS, also after both were killed, until it is removed")
    func life() async throws {
        let directory = try TemporaryDirectory()
        let state = "\(directory.path)/state"
        var site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery")
        var client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        let first = try await client.get("/api/v1/broker")
        if first["problem"].string?.contains("without the broker's plugin") == true {
            print("skipped: a build without appliance/assets has no broker")
            return
        }
        let team = try #require(
            try await client.get("/api/v1/teams")["items"].array?.first?["id"]?.string)
        let made = try await client.post(
            "/api/v1/broker/clients",
            [
                "teamId": .string(team), "name": "plc-1",
                "rules": [["access": "both", "filter": "cell/1/#"]],
            ])
        #expect(made.status == 201, "\(made.text)")
        let password = try #require(made["password"].string)
        let id = try #require(made["id"].string)

        @Sendable func publishes(_ port: Int64) async throws -> Bool {
            let program = try ProgramUnderTest(
                "/usr/bin/mosquitto_pub",
                [
                    "--cafile", "\(state)/ca/authority.pem", "-h", "127.0.0.1", "-p", "\(port)",
                    "-u", "plc-1", "-P", password, "-i", "plc-1", "-V", "mqttv5", "-q", "1",
                    "-t", "cell/1/speed", "-m", "1480",
                ], errors: "\(directory.path)/pub.log")
            return await program.exitStatus() == 0
        }
        let before = try await eventually("the broker") { [client] in try await broker(client) }
        #expect(try await publishes(before.port))

        // As a power cut for the appliance alone: the broker runs on and is taken over.
        let process = "\(state)/broker/process.json"
        let record = try Files.read(process)
        site.program.signal(SIGKILL)
        _ = await site.program.exitStatus()
        #expect(try await publishes(before.port))
        site = try await BuiltLineside(state: state)
        client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        let after = try await eventually("the broker again") { [client] in
            try await broker(client)
        }
        #expect(after.port == before.port)
        #expect(try Files.read(process) == record)

        // And for the broker alone: another one with the same users.
        let pid = try #require(try JSONReader.read(record)["pid"]?.int)
        kill(pid_t(pid), SIGKILL)
        _ = try await eventually("a PLC that is let in") {
            try await publishes(before.port) ? true : nil
        }
        // Until the appliance is back in the broker, a removal waits for it.
        _ = try await eventually("the link") { [client] in try await broker(client) }
        #expect(try await client.delete("/api/v1/broker/clients/\(id)").status == 204)
        // The broker was only just started anew: it hears of it once the appliance is back with it.
        _ = try await eventually("a PLC that is let in no more") {
            try await publishes(before.port) ? nil : true
        }
        #expect(try await site.stop() == 0)
    }
}
