/** Whether two origins have the same file; `open`: there is nothing that shows it. */
export type Comparison = 'same' | 'different' | 'open';
