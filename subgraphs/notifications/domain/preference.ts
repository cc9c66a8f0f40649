/** The ways to tell a user of something; each is on until the user switches it off. */
export const notificationChannels = ['IN_APP', 'EMAIL'] as const

export type NotificationChannel = (typeof notificationChannels)[number]
