import Basics
import Domain
import Testing

@Suite("Access rules") struct AccessRuleTests {
    let team = Team.ID("aaaaaaaaaaaaaaaa") ?? .random()

    private func refusal(_ filter: String) -> String? {
        do throws(ValidationFault) {
            _ = try AccessRule(.both, filter: filter, team: team)
            return nil
        } catch { return error.reason }
    }

    @Test("Topics of the plant's own are taken, with wildcards where they may stand")
    func good() {
        for filter in [
            "cell/1/#", "press/+/state", "spBv1.0/plant/NDATA/press 4", "a", " a/b ",
            "ff/v1/\(team)/c/#", "ff/v1/\(team)/c/x/y", "flow/x", "lsx/a",
        ] { #expect(refusal(filter) == nil, "\(filter)") }
    }

    @Test("Topics of the appliance, of other teams and what is no filter are refused")
    func bad() {
        for filter in [
            "", "#", "+/a", "+", "$SYS/#", "$share/g/a", "ff/v1/#", "ff/v1/\(team)/d/x/command",
            "ff/v1/\(team)/+/x", "ff/v1/bbbbbbbbbbbbbbbb/c/#", "ff/v1/+/c/#", "ls/v1/a", "ff",
            "ff/v1/\(team)/c", "a#", "a/#/b", "a/b+", "a/%t", "a/*", "a\u{7F}", "a\nb",
            String(repeating: "x", count: 257),
        ] { #expect(refusal(filter) != nil, "\(filter)") }
    }

    @Test("Two rules meet where one topic is reached by both")
    func meeting() {
        let pairs = [
            ("a/#", "a/b", true), ("a/#", "a", true), ("a", "a/#", true), ("a/+/c", "a/b/+", true),
            ("a/b", "a/b", true), ("a/+", "a/#", true), ("a/#", "b/#", false), ("a", "a/b", false),
            ("a/+", "a", false), ("a/b/#", "a/c/#", false), ("a/+/c", "a/b/d", false),
            ("a/b", "a/b/c/#", false),
        ]
        for (one, two, meet) in pairs {
            let rules = [one, two].map { AccessRule(stored: .both, $0) }
            #expect(rules[0].meets(rules[1]) == meet, "\(one) \(two)")
            #expect(rules[1].meets(rules[0]) == meet, "\(two) \(one)")
        }
    }

    @Test("A rule covers another where it reaches all that the other reaches")
    func covering() {
        let pairs = [
            ("a/#", "a/b", true), ("a/#", "a", true), ("a/#", "a/#", true), ("a/+", "a/b", true),
            ("a/+", "a/+", true), ("a/+", "a/#", false), ("a/b", "a/+", false),
            ("a", "a/#", false), ("a/b", "a/b/c", false), ("a/+/c", "a/b/c", true),
        ]
        for (one, two, covers) in pairs {
            #expect(
                AccessRule(stored: .both, one).covers(AccessRule(stored: .both, two)) == covers,
                "\(one) \(two)")
        }
    }

    @Test("Names of clients can be typed everywhere and never look like a device's")
    func names() throws {
        for name in ["plc-1", "Gateway_7.b"] { #expect(try BrokerClientName(name).text == name) }
        for name in ["a", "", "device:a:b", "plc 1", "lineside", "plc/1", "plc#", "ünter"] {
            #expect(throws: ValidationFault.self, "\(name)") { try BrokerClientName(name) }
        }
    }

    @Test("A device has the users that its agent needs")
    func users() throws {
        let device = Device.ID.random()
        for (agent, names) in [
            (Device.Agent.stock, ["device:\(team):\(device)", "mq:remote:\(team):\(device)"]),
            (.lineside, ["device:\(team):\(device)"]),
        ] {
            let made = Device(
                id: device, organizationID: .random(), teamID: team, applicationID: nil,
                groupID: nil, name: try DeviceName(validating: "Press"), type: "", tags: [],
                agent: agent, mode: .autonomous, desiredState: .running, targetSnapshotID: nil,
                stackID: nil, revision: 1, settings: DeviceSettings(),
                createdAt: Timestamp(milliseconds: 0))
            let users = BrokerUser.users(of: made, secretDigest: [1])
            #expect(users.map(\.name) == names)
            #expect(users.allSatisfy { $0.mayUseCertificate == (agent == .lineside) })
            #expect(users.allSatisfy { ($0.secretDigest == nil) == (agent == .lineside) })
        }
    }
}
