/** What stands in the plant: devices, their groups, what is rolled out to them. */
export { BrokerPage } from "../broker/broker.tsx";
export { AddDevices } from "../devices/add.tsx";
export { DevicePage } from "../devices/device.tsx";
export { DevicesPage } from "../devices/devices.tsx";
export { RegisterPage } from "../devices/register.tsx";
export { RequestsPage } from "../devices/requests.tsx";
export { DeploymentPage } from "../rollout/deployment.tsx";
export { DeploymentsPage } from "../rollout/deployments.tsx";
export { GroupPage } from "../rollout/group.tsx";
export { GroupsPage } from "../rollout/groups.tsx";
export { StartDeployment } from "../rollout/start.tsx";
