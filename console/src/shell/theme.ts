import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  TextInput,
  Tooltip,
  createTheme,
} from '@mantine/core'

/** What opens above the page belongs to its main part, where those who hear the page look for it. */
const POPUPS = { target: '#popups' }

/** One accent, quiet greys with a little of it in them, and a size that leaves room for work. */
export const THEME = createTheme({
  primaryColor: 'accent',
  primaryShade: 8,
  autoContrast: true,
  colors: {
    accent: tuple('#eef7f6 #ddedeb #b5d9d6 #8ac5c0 #69b3ad #4ea39d #358d88 #1b7573 #0b6266 #08484c'),
    gray: tuple('#f8f9f8 #f1f3f2 #e6e9e8 #d8dddb #c6cdcb #a9b1af #7f8886 #545c5a #363d3b #1f2523'),
    dark: tuple('#e6e8e6 #c4cac8 #a7afad #858e8c #3b4446 #2b3335 #1e2527 #161b1d #111517 #0c0f10'),
    red: tuple('#fdf0ee #fbdfdb #f5b8b1 #ee8f85 #e66b5f #dc4f44 #c83b32 #b02c25 #98201b #7d1814'),
    yellow: tuple('#fdf7e7 #faedcb #f3d998 #ebc463 #dfae3c #c99528 #a97a1b #8a6212 #6d4a05 #573b04'),
    green: tuple('#eef7f0 #dcefe1 #b5dcc0 #8bc79c #69b37e #4ea066 #388650 #27703f #1c5e35 #154a29'),
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace',
  headings: { fontWeight: '600' },
  fontSizes: { xs: '0.78125rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  defaultRadius: 6,
  cursorType: 'pointer',
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    Menu: Menu.extend({ defaultProps: { portalProps: POPUPS, withInitialFocusPlaceholder: false } }),
    Popover: Popover.extend({ defaultProps: { portalProps: POPUPS } }),
    Tooltip: Tooltip.extend({ defaultProps: { portalProps: POPUPS } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' } },
      styles: { title: { fontSize: '1.125rem', fontWeight: 600 } },
    }),
  },
})

/** What the defaults leave too pale to be read. */
export const CSS_VARIABLES: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#545c5a',
    '--mantine-color-placeholder': '#6a7371',
    '--mantine-color-error': '#98201b',
    '--mantine-color-anchor': '#0b6266',
    '--console-side': '#f5f6f5',
    '--console-line': '#e0e4e2',
    '--console-wash': '#f3f7f6',
    '--console-picked': '#e3f0ee',
    '--console-bad': '#98201b',
    '--console-bad-wash': '#fdf0ee',
    '--console-wait': '#6d4a05',
    '--console-wait-wash': '#fdf7e7',
    '--console-good': '#1c5e35',
    '--console-good-wash': '#eef7f0',
  },
  dark: {
    '--mantine-color-dimmed': '#a7afad',
    '--mantine-color-placeholder': '#959d9b',
    '--mantine-color-error': '#ffb0a6',
    '--mantine-color-anchor': '#84d3cf',
    '--console-side': '#111517',
    '--console-line': '#2b3335',
    '--console-wash': '#1b2224',
    '--console-picked': '#1c3334',
    '--console-bad': '#ffb0a6',
    '--console-bad-wash': '#371f1d',
    '--console-wait': '#f2cf86',
    '--console-wait-wash': '#332a14',
    '--console-good': '#a3dbb1',
    '--console-good-wash': '#1a3022',
  },
})

function tuple(shades: string): MantineColorsTuple {
  return shades.split(' ') as unknown as MantineColorsTuple
}
